/** Transforms of events by name, for command lines and recipes. */
import {
  dropChunk,
  dropEvent,
  dropEventByArea,
  dropEventByTime,
  eventDrop,
  randomDropPixel,
} from "./drops.ts";
import { eventDownsampling } from "./event-downsampling.ts";
import { flipLR, flipPolarity, flipUD, mergePolarities } from "./flips.ts";
import { centerCrop, downsample, randomCrop, rotate } from "./geometry.ts";
import { spatialJitter, timeJitter } from "./jitter.ts";
import { backgroundActivityFilter, denoise, hotPixelFilter } from "./noise-filters.ts";
import { backgroundNoise, uniformNoise } from "./noise.ts";
import { PARTS } from "./parts.ts";
import { decimate, refractoryPeriod } from "./thinning.ts";
import { timeAlignment, timeReversal, timeSkew, timeWarp } from "./times.ts";
import type { Transform } from "./transform.ts";
import { undistort } from "./undistort.ts";

/** All transforms by name. */
export const transforms: Readonly<Record<string, Transform>> = {
  backgroundActivityFilter: backgroundActivityFilter.entry,
  backgroundNoise: backgroundNoise.entry,
  centerCrop: centerCrop.entry,
  ...PARTS,
  decimate: decimate.entry,
  denoise: denoise.entry,
  downsample: downsample.entry,
  dropChunk: dropChunk.entry,
  dropEvent: dropEvent.entry,
  dropEventByArea: dropEventByArea.entry,
  dropEventByTime: dropEventByTime.entry,
  eventDownsampling: eventDownsampling.entry,
  eventDrop: eventDrop.entry,
  flipLR: flipLR.entry,
  flipPolarity: flipPolarity.entry,
  flipUD: flipUD.entry,
  hotPixelFilter: hotPixelFilter.entry,
  mergePolarities: mergePolarities.entry,
  randomCrop: randomCrop.entry,
  randomDropPixel: randomDropPixel.entry,
  refractoryPeriod: refractoryPeriod.entry,
  rotate: rotate.entry,
  spatialJitter: spatialJitter.entry,
  timeAlignment: timeAlignment.entry,
  timeJitter: timeJitter.entry,
  timeReversal: timeReversal.entry,
  timeSkew: timeSkew.entry,
  timeWarp: timeWarp.entry,
  undistort: undistort.entry,
  uniformNoise: uniformNoise.entry,
};
