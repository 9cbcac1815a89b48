/** Windows of events with the joints of a person, as the authors of the hybrid keep them in HDF5 [Aydin2024]. */
import { ArgumentError, FormatError } from "../../core/index.ts";
import { emptyEvents, type Events, type SensorSize } from "../../events/index.ts";
import { Hdf5Dataset, Hdf5File, parseNpy } from "../../io/index.ts";
import { decodeImage, type Image } from "../../video/index.ts";
import { type Dataset, datasetOf, type Named } from "../dataset.ts";
import { byName, filesIn, type Folder, foldersIn, readWhole } from "../folder.ts";
import { checkSplit, type DatasetKind, missing } from "./kind.ts";

/** Joints of a person. */
const JOINTS = 13;

/** Events of a window, those before it, and where the joints are at the end of each step. */
export type JointWindowSample = Named & {
  readonly sensor: SensorSize;
  /** Start of the window, and the time from one label to the next, µs. */
  readonly startUs: number;
  readonly stepUs: number;
  readonly events: Events;
  /** The last events before the window: what an ANN starts from. */
  readonly history: Events;
  /** Pixels of the sensor, `[L, 13, 2]`; not a number where a joint is not in the picture or not known. */
  readonly joints2d: Float32Array;
  /** The same one label earlier, at the start of the window, `[13, 2]`; not a number where there is none. */
  readonly startJoints2d: Float32Array;
  /** Millimetres, `[L, 13, 3]`; of DHP19 alone. */
  readonly joints3d: Float32Array | undefined;
  /** The picture at the start of the window, where pictures were asked for. */
  readonly image?: Image;
};

/** What is cut out of a recording. */
export type JointWindowOptions = {
  /** Number of the camera, 0 to 3; 3 by default. */
  readonly camera?: number;
  /** Length of a window, ms, a multiple of the time between labels; 100 by default. */
  readonly windowMs?: number;
  /** Time from one window to the next, ms; 100 by default. */
  readonly stepMs?: number;
  /** Events before a window that are wanted; 7,500 by default. */
  readonly history?: number;
  /** Whether pictures are wanted, which only Event-Human3.6M has; false by default. */
  readonly images?: boolean;
};

/** One recording of one camera. */
type Movie = {
  readonly name: string;
  readonly path: string;
  /** Names of the datasets: of the group of columns, and of the index by millisecond. */
  readonly columns: string;
  readonly index: string;
  /** What the times are to be divided by for µs, and what is to be taken from coordinates. */
  readonly timeScale: number;
  readonly origin: number;
  /** Milliseconds that have labels. */
  readonly labelledMs: number;
  /** Labels of the steps of a window, and before them that of its start. */
  labels(fromMs: number, toMs: number): Promise<Pick<JointWindowSample, "joints2d" | "joints3d">>;
  /** The picture at a time. */
  image?(atMs: number): Promise<Image>;
};

type Joints = DatasetKind<JointWindowSample> & {
  open(folder: Folder, split: string, options?: JointWindowOptions): Promise<Dataset<JointWindowSample>>;
};

const DHP19_FACTS = {
  title: "DHP19",
  source: "https://sites.google.com/view/dhp19 (converted to HDF5 as uzh-rpg/hybrid_ann_snn does)",
  layout: `
S1_session1_mov1_events.h5, …   (cam0_events/{x,y,t,p} to cam3_events, cam0_ms_to_idx to cam3_ms_to_idx)
S1_session1_mov1_events_label.h5, …   (XYZ/3d_poses, XYZ/timestamps; or …_events_bin1_label.h5)
P_matrices/P1.npy to P4.npy   (or at the top)`,
  splits: ["train", "test"],
};

/** Milliseconds from one label to the next. */
const DHP19_LABEL_MS = 10;
/** The projection matrix of each camera. */
const DHP19_MATRICES = ["P4", "P1", "P3", "P2"] as const;

/** DHP19 [Calabrese2019]: 17 people before four DAVIS346; people 13 to 17 are for the test. */
export const DHP19: Joints = {
  ...DHP19_FACTS,
  async open(folder: Folder, split: string, options: JointWindowOptions = {}) {
    checkSplit(DHP19_FACTS, split);
    const { camera = 3, images = false } = options;
    if (images) throw new ArgumentError("DHP19: expected no pictures to be asked for: it has none");
    const sensor = { width: 346, height: 260 };
    const projection = await projectionMatrix(folder, DHP19_MATRICES[camera] ?? "");
    const movies: Movie[] = [];
    for (const path of await filesIn(folder, "", /^S\d+_.*_events\.h5$/)) {
      if (Number(/\d+/.exec(path)![0]) >= 13 !== (split === "test")) continue;
      const stem = path.replace(/\.h5$/, "");
      const [label] = await filesIn(folder, "", new RegExp(`^${stem}(_bin1)?_label\\.h5$`));
      if (label === undefined) continue;
      const steps = await reading(folder, label, async (file) => (await file("XYZ/3d_poses")).shape[0] ?? 0);
      movies.push({
        name: `${stem}/cam${camera}`,
        path,
        columns: `cam${camera}_events`,
        index: `cam${camera}_ms_to_idx`,
        timeScale: 1,
        // The files count pixels from 1.
        origin: 1,
        labelledMs: steps * DHP19_LABEL_MS,
        labels: (fromMs, toMs) => {
          // The first label is that of the first step: before it there is none.
          const [from, to] = [fromMs / DHP19_LABEL_MS - 1, toMs / DHP19_LABEL_MS];
          return reading(folder, label, async (file) => {
            const known = await (await file("XYZ/3d_poses")).read(Math.max(from, 0), to - Math.max(from, 0));
            const none = new Array<number>(from < 0 ? 3 * JOINTS : 0).fill(Number.NaN);
            return projected([...none, ...known], projection, sensor);
          });
        },
      });
    }
    if (movies.length === 0) throw missing(DHP19_FACTS, folder, "S*_events.h5 and their labels");
    return windowsOf("DHP19", folder, sensor, movies, DHP19_LABEL_MS, options);
  },
};

const H36M_FACTS = {
  title: "Event-Human3.6M",
  source: "https://github.com/uzh-rpg/hybrid_ann_snn (made of Human3.6M by its scripts)",
  layout: `
labels.h5   (S1/Directions/{timestamps_ms, cam_view_0 to cam_view_3}, …)
S1/upsample/Directions.54138969/events.h5, …   (events/{x,y,t,p}, ms_to_idx, cam_view)
S1/Videos/Directions.54138969/imgs/*.png, …   (320x256, one each 20 ms; where pictures are wanted)`,
  splits: ["train", "test"],
};

const H36M_LABEL_MS = 20;
/** Serial numbers of the cameras, in the order of their numbers. */
const H36M_CAMERAS = ["54138969", "55011271", "58860488", "60457274"] as const;
const H36M_SUBJECTS = { train: ["S1", "S5", "S6", "S7", "S8"], test: ["S9", "S11"] } as const;

/** Event-Human3.6M [Aydin2024]: events simulated from the videos of Human3.6M. */
export const H36M_EVENTS: Joints = {
  ...H36M_FACTS,
  async open(folder: Folder, split: string, options: JointWindowOptions = {}) {
    checkSplit(H36M_FACTS, split);
    const { camera = 3, images = false } = options;
    if ((await filesIn(folder, "", /^labels\.h5$/)).length === 0)
      throw missing(H36M_FACTS, folder, "labels.h5");
    const movies: Movie[] = [];
    for (const subject of H36M_SUBJECTS[split as "train" | "test"]) {
      for (const name of (await foldersIn(folder, `${subject}/upsample`)).sort(byName)) {
        const [action = "", serial] = name.split(".");
        if (serial !== H36M_CAMERAS[camera]) continue;
        const column = `${subject}/${action.replaceAll("_", " ")}/cam_view_${camera}`;
        const steps = await reading(folder, "labels.h5", async (file) => (await file(column)).shape[0] ?? 0);
        movies.push({
          name: `${subject}/${name}`,
          path: `${subject}/upsample/${name}/events.h5`,
          columns: "events",
          index: "ms_to_idx",
          // Nanoseconds.
          timeScale: 1000,
          origin: 0,
          // The first label is of time 0, before the first window.
          labelledMs: (steps - 1) * H36M_LABEL_MS,
          labels: (fromMs, toMs) => {
            const [from, to] = [fromMs / H36M_LABEL_MS, toMs / H36M_LABEL_MS + 1];
            return reading(folder, "labels.h5", async (file) => ({
              joints2d: byJoint(await (await file(column)).read(from, to - from), 2),
              joints3d: undefined,
            }));
          },
          ...(images && { image: await picturesIn(folder, `${subject}/Videos/${name}/imgs`) }),
        });
      }
    }
    if (movies.length === 0)
      throw missing(H36M_FACTS, folder, `S*/upsample/*.${H36M_CAMERAS[camera]}/events.h5`);
    return windowsOf("Event-Human3.6M", folder, { width: 320, height: 256 }, movies, H36M_LABEL_MS, options);
  },
};

/** The windows of recordings that have events enough before them and labels all along. */
async function windowsOf(
  title: string,
  folder: Folder,
  sensor: SensorSize,
  movies: readonly Movie[],
  labelMs: number,
  { windowMs = 100, stepMs = 100, history = 7500 }: JointWindowOptions,
): Promise<Dataset<JointWindowSample>> {
  const windows: { readonly movie: Movie; readonly startMs: number }[] = [];
  for (const movie of movies) {
    const firsts = await reading(folder, movie.path, async (file) => {
      const index = await file(movie.index);
      return index.read(0, index.shape[0] ?? 0);
    });
    const endMs = Math.min(firsts.length - 1, movie.labelledMs);
    for (let startMs = 0; startMs + windowMs <= endMs; startMs += stepMs) {
      if (firsts[startMs]! >= history) windows.push({ movie, startMs });
    }
  }
  return datasetOf(title, windows, async ({ movie, startMs }) => ({
    name: `${movie.name}#${startMs}`,
    sensor,
    startUs: 1000 * startMs,
    stepUs: 1000 * labelMs,
    ...(await reading(folder, movie.path, async (file) => {
      const index = await file(movie.index);
      const [from = 0] = await index.read(startMs, 1);
      const [to = 0] = await index.read(startMs + windowMs, 1);
      const read = (first: number, last: number) =>
        readEvents(file, `${folder.name}/${movie.path}`, movie, sensor, [first, last]);
      return { events: await read(from, to), history: await read(from - history, from) };
    })),
    ...steps(await movie.labels(startMs, startMs + windowMs)),
    ...(movie.image && { image: await movie.image(startMs) }),
  }));
}

/** The label of the start apart from those of the steps. */
function steps({ joints2d, joints3d }: Pick<JointWindowSample, "joints2d" | "joints3d">) {
  return {
    startJoints2d: joints2d.slice(0, 2 * JOINTS),
    joints2d: joints2d.slice(2 * JOINTS),
    joints3d: joints3d?.slice(3 * JOINTS),
  };
}

/** Pictures of a folder, one each label, in the order of their names. */
async function picturesIn(folder: Folder, path: string): Promise<(atMs: number) => Promise<Image>> {
  const names = (await filesIn(folder, path, /\.png$/)).sort(byName);
  return async (atMs) => {
    const name = names[Math.floor(atMs / H36M_LABEL_MS)];
    if (name === undefined) throw missing(H36M_FACTS, folder, `${path}: a picture at ${atMs} ms`);
    const file = `${path}/${name}`;
    return decodeImage(await readWhole(folder, file), { file: `${folder.name}/${file}` });
  };
}

async function readEvents(
  column: OpenFile,
  file: string,
  { columns, timeScale, origin }: Movie,
  { width, height }: SensorSize,
  [from, to]: readonly [number, number],
): Promise<Events> {
  const read = async (name: string) => (await column(`${columns}/${name}`)).read(from, to - from);
  if (!(from >= 0 && to >= from)) {
    throw new FormatError("hdf5", 0, `expected an index that never falls, got events ${from} to ${to}`, file);
  }
  const [t, x, y, p] = [await read("t"), await read("x"), await read("y"), await read("p")];
  const events = emptyEvents(to - from);
  for (let i = 0; i < t.length; i++) {
    events.t[i] = Math.floor(t[i]! / timeScale);
    events.x[i] = x[i]! - origin;
    events.y[i] = y[i]! - origin;
    events.on[i] = p[i]! > 0 ? 1 : 0;
    if (!(x[i]! >= origin && events.x[i]! < width && y[i]! >= origin && events.y[i]! < height)) {
      const what = `expected an event within ${width}x${height}, got (${x[i]}, ${y[i]}), at event ${from + i}`;
      throw new FormatError("hdf5", 0, what, file);
    }
  }
  return events;
}

/** Opens a file of a copy for as long as something is read from it. */
async function reading<T>(folder: Folder, path: string, read: (file: OpenFile) => Promise<T>): Promise<T> {
  const name = `${folder.name}/${path}`;
  const bytes = await folder.open(path);
  if (bytes === undefined) throw new FormatError("hdf5", 0, "expected a file, got none", name);
  try {
    const { root } = await Hdf5File.open(bytes, { name });
    return await read(async (column) => {
      const found = await root.get(column);
      if (found instanceof Hdf5Dataset) return found;
      throw new FormatError("hdf5", 0, `expected the dataset ${column}, got none`, name);
    });
  } finally {
    await bytes.close();
  }
}

/** The datasets of a file by their paths within. */
type OpenFile = (column: string) => Promise<Hdf5Dataset>;

async function projectionMatrix(folder: Folder, name: string): Promise<ArrayLike<number>> {
  for (const path of [`P_matrices/${name}.npy`, `${name}.npy`]) {
    const [top, file = top] = path.split("/").length === 2 ? path.split("/") : ["", path];
    if ((await filesIn(folder, top!, new RegExp(`^${file}$`))).length === 0) continue;
    const { shape, data } = parseNpy(await readWhole(folder, path, 1 << 20), `${folder.name}/${path}`);
    if (shape.join() !== "3,4" || typeof data[0] !== "number") {
      throw new FormatError(
        "npy",
        0,
        `expected [3, 4] numbers, got [${shape.join(", ")}]`,
        `${folder.name}/${path}`,
      );
    }
    return data as ArrayLike<number>;
  }
  throw missing(DHP19_FACTS, folder, `P_matrices/${name}.npy`);
}

/**
 * Joints `[L, 3, 13]` as `[L, 13, 3]` and as pixels: u = p₀/p₂ to the right, p₁/p₂ up from the lower border, with
 * p = P·(x, y, z, 1).
 */
function projected(
  poses: ArrayLike<number>,
  p: ArrayLike<number>,
  { width, height }: SensorSize,
): Pick<JointWindowSample, "joints2d" | "joints3d"> {
  const joints3d = byJoint(poses, 3);
  const joints2d = new Float32Array((joints3d.length / 3) * 2);
  for (let j = 0; j < joints3d.length / 3; j++) {
    const [x, y, z] = joints3d.subarray(3 * j, 3 * j + 3) as unknown as [number, number, number];
    const row = (k: number) => p[4 * k]! * x + p[4 * k + 1]! * y + p[4 * k + 2]! * z + p[4 * k + 3]!;
    const u = row(0) / row(2);
    const v = height - row(1) / row(2);
    const seen = u >= 0 && u < width && v >= 0 && v < height;
    joints2d.set(seen ? [u, v] : [Number.NaN, Number.NaN], 2 * j);
  }
  return { joints2d, joints3d };
}

/** `[L, axes, 13]` as `[L, 13, axes]` */
function byJoint(values: ArrayLike<number>, axes: number): Float32Array {
  const out = new Float32Array(values.length);
  for (let i = 0; i < out.length; i++) {
    const joint = i % JOINTS;
    const axis = Math.floor(i / JOINTS) % axes;
    const step = Math.floor(i / (JOINTS * axes));
    out[(step * JOINTS + joint) * axes + axis] = values[i]!;
  }
  return out;
}
