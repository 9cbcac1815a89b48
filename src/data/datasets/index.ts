/** The published data sets that are read from local copies. */
import { DVS_GESTURE } from "./gesture.ts";
import { CIFAR10, CIFAR100, IMAGENET } from "./images.ts";
import { DHP19, H36M_EVENTS } from "./joint-windows.ts";
import { CAMVID, CITYSCAPES, VSPW } from "./masks.ts";
import { CIFAR10_DVS, NCALTECH101, NMNIST } from "./recordings.ts";
import { SHARDS } from "./shards.ts";
import { EVENT_AMASS, EVENT_H36M, EVENT_PHSPD, MMHPSD } from "./smpl-frames.ts";
import { HMDB51, KINETICS400, UCF101, VIDEO_FOLDERS } from "./videos.ts";

/** Data sets by the name that commands and configurations know them by. */
export const datasets = {
  "dvs-gesture": DVS_GESTURE,
  "cifar10-dvs": CIFAR10_DVS,
  nmnist: NMNIST,
  ncaltech101: NCALTECH101,
  dhp19: DHP19,
  mmhpsd: MMHPSD,
  "event-h36m": EVENT_H36M,
  "event-amass": EVENT_AMASS,
  "event-phspd": EVENT_PHSPD,
  "h36m-events": H36M_EVENTS,
  shards: SHARDS,
  ucf101: UCF101,
  hmdb51: HMDB51,
  kinetics400: KINETICS400,
  videos: VIDEO_FOLDERS,
  camvid: CAMVID,
  cityscapes: CITYSCAPES,
  vspw: VSPW,
  cifar10: CIFAR10,
  cifar100: CIFAR100,
  imagenet: IMAGENET,
} as const;

/** Name of a data set that is read. */
export type DatasetName = keyof typeof datasets;
