/** Data sets of labelled videos: UCF101, HMDB51, Kinetics-400, and folders of one's own. */
import { ArgumentError, FormatError } from "../../core/index.ts";
import { type Dataset, datasetOf, type VideoSample } from "../dataset.ts";
import { byName, filesIn, type Folder, foldersIn } from "../folder.ts";
import { checkSplit, type DatasetKind, linesOf, missing, readIndex } from "./kind.ts";

/** A video and its class. */
type Clip = { readonly path: string; readonly label: number };

const VIDEO = /\.(avi|mp4|webm|mkv|mov|mpe?g|m4v)$/i;

/** UCF101 [Soomro2012], first of its three splits. */
export const UCF101: DatasetKind<VideoSample> = {
  title: "UCF101",
  source: "https://www.crcv.ucf.edu/data/UCF101.php (videos, and UCF101TrainTestSplits-RecognitionTask)",
  layout: `
UCF-101/ApplyEyeMakeup/v_ApplyEyeMakeup_g01_c01.avi, UCF-101/…
ucfTrainTestlist/classInd.txt, trainlist01.txt, testlist01.txt`,
  splits: ["train", "test"],
  async open(folder, split) {
    checkSplit(UCF101, split);
    const lists = "ucfTrainTestlist";
    if ((await filesIn(folder, lists, /^classInd\.txt$/)).length === 0) {
      throw missing(UCF101, folder, `${lists}/classInd.txt`);
    }
    const classes = (await linesOf(folder, `${lists}/classInd.txt`)).map(
      (line) => line.split(/\s+/)[1] ?? line,
    );
    const clips = (await linesOf(folder, `${lists}/${split}list01.txt`)).map((line): Clip => {
      const [file = ""] = line.split(/\s+/);
      const label = classes.indexOf(file.split("/")[0]!);
      if (label < 0) {
        throw new FormatError(
          "list",
          0,
          `expected CLASS/FILE of a class of classInd.txt, got ${line}`,
          folder.name,
        );
      }
      return { path: `UCF-101/${file}`, label };
    });
    return videos("UCF101", folder, clips, classes);
  },
};

/** HMDB51 [Kuehne2011], first of its three splits. */
export const HMDB51: DatasetKind<VideoSample> = {
  title: "HMDB51",
  source:
    "https://serre-lab.clps.brown.edu/resource/hmdb-a-large-human-motion-database (videos, and the splits)",
  layout: `
brush_hair/April_09_brush_hair_u_nm_np1_ba_goo_0.avi, …  (or in videos/)
testTrainMulti_7030_splits/brush_hair_test_split1.txt, …`,
  splits: ["train", "test"],
  async open(folder, split) {
    checkSplit(HMDB51, split);
    const lists = "testTrainMulti_7030_splits";
    const names = await filesIn(folder, lists, /_test_split1\.txt$/);
    if (names.length === 0) throw missing(HMDB51, folder, `${lists}/*_test_split1.txt`);
    const classes = names.map((name) => name.replace("_test_split1.txt", "")).sort(byName);
    const top = (await foldersIn(folder, "videos")).length > 0 ? "videos/" : "";
    const clips: Clip[] = [];
    for (const [label, name] of classes.entries()) {
      for (const line of await linesOf(folder, `${lists}/${name}_test_split1.txt`)) {
        // 1 is for training, 2 for the test, 0 for neither.
        const [file, part] = line.split(/\s+/);
        if (part === (split === "train" ? "1" : "2")) clips.push({ path: `${top}${name}/${file}`, label });
      }
    }
    return videos("HMDB51", folder, clips, classes);
  },
};

/** Kinetics-400 [Kay2017] in folders by split and class, as downloaders leave it. */
export const KINETICS400: DatasetKind<VideoSample> = {
  title: "Kinetics-400",
  source: "https://github.com/cvdfoundation/kinetics-dataset",
  layout: `
train/abseiling/0347ZoDXyP0_000095_000105.mp4, train/…
val/abseiling/…, test/…`,
  splits: ["train", "val", "test"],
  async open(folder, split) {
    checkSplit(KINETICS400, split);
    const { clips, classes } = await clipsByClass(folder, split);
    if (clips.length === 0) throw missing(KINETICS400, folder, `${split}/CLASS/*.mp4`);
    return videos("Kinetics-400", folder, clips, classes);
  },
};

/** Folders of videos by class, with or without an index of splits. */
export const VIDEO_FOLDERS: DatasetKind<VideoSample> = {
  title: "video folders",
  source: "your own recordings",
  layout: `
CLASS/NAME.mp4, …
and, for splits, index.json {"classes": […], "clips": [{"file", "label", "split"}]}`,
  splits: ["all", "train", "val", "test"],
  async open(folder, split) {
    checkSplit(VIDEO_FOLDERS, split);
    const index = await readIndex(folder, "clips");
    if (index !== undefined) {
      const entries = index.entries.filter((entry) => split === "all" || entry.split === split);
      return videos("videos", folder, entries, index.classes);
    }
    if (split !== "all")
      throw new ArgumentError(`videos: expected split "all" without index.json, got ${split}`);
    const { clips, classes } = await clipsByClass(folder, "");
    if (clips.length === 0) throw missing(VIDEO_FOLDERS, folder, "CLASS/*.mp4");
    return videos("videos", folder, clips, classes);
  },
};

async function clipsByClass(folder: Folder, top: string): Promise<{ clips: Clip[]; classes: string[] }> {
  const classes = (await foldersIn(folder, top)).sort(byName);
  const clips: Clip[] = [];
  for (const [label, name] of classes.entries()) {
    const path = top === "" ? name : `${top}/${name}`;
    clips.push(...(await filesIn(folder, path, VIDEO)).map((file) => ({ path: `${path}/${file}`, label })));
  }
  return { clips, classes };
}

function videos(
  name: string,
  folder: Folder,
  clips: readonly Clip[],
  classes: readonly string[],
): Dataset<VideoSample> {
  return datasetOf(
    name,
    clips,
    ({ path, label }) => Promise.resolve({ name: path, label, path: folder.pathOf(path) ?? path }),
    classes,
  );
}
