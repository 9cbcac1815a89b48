import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, suite, test } from "vitest";
import { ArgumentError, FormatError } from "../../src/core/index.ts";
import { datasets, VOID_LABEL } from "../../src/data/index.ts";
import { diskFolder } from "../../src/data/node.ts";
import { encodeNpz } from "../../src/io/index.ts";
import { aedat2, aedat3, packet3, polarity3 } from "../events/aedat-files.ts";
import { nmnistOf } from "../events/flat-files.ts";
import { eventsOf } from "../events/support.ts";
import { copyOf, eventFrames, jpeg, png, rgbPng } from "./copies.ts";

suite("a missing copy", () => {
  test.each(Object.entries(datasets))(
    "of %s tells where to get it and how it should lie",
    async (_, kind) => {
      const folder = diskFolder(copyOf({ "README.txt": "nothing" }));
      const split = kind.splits[0]!;
      const error: unknown = await kind.open(folder, split).catch((fault: unknown) => fault);
      expect(error).toBeInstanceOf(ArgumentError);
      const { message } = error as ArgumentError;
      expect(message).toContain(folder.name);
      expect(message).toContain(kind.source);
      for (const line of kind.layout.trim().split("\n")) expect(message).toContain(line);
    },
  );

  test.each(Object.entries(datasets))(
    "of %s in a folder that is not there tells so, too",
    async (_, kind) => {
      await expect(kind.open(diskFolder("/nowhere/at/all"), kind.splits[0]!)).rejects.toThrow(ArgumentError);
    },
  );

  // Shards have the splits of their recipe.
  const published = Object.entries(datasets).filter(([name]) => name !== "shards");

  test.each(published)("a split that %s does not have is refused", async (_, kind) => {
    const opened = kind.open(diskFolder(copyOf({})), "dev");
    await expect(opened).rejects.toThrow(/expected a split of .*, got "dev"/);
  });
});

suite("CIFAR", () => {
  const record = (labels: number[], red: number) => [
    ...labels,
    ...Array.from({ length: 3072 }, (_, i) => (i < 1024 ? red : i < 2048 ? 2 : 3)),
  ];

  test("10 is read from its batches, planes as pixels", async () => {
    const root = copyOf({
      "cifar-10-batches-bin/data_batch_1.bin": Uint8Array.from([...record([3], 7), ...record([9], 8)]),
      "cifar-10-batches-bin/data_batch_2.bin": Uint8Array.from(record([0], 9)),
      "cifar-10-batches-bin/test_batch.bin": Uint8Array.from(record([1], 10)),
    });
    const train = await datasets.cifar10.open(diskFolder(root), "train");
    expect(train.length).toBe(3);
    expect(train.classes[9]).toBe("truck");
    const { name, label, image } = await train.get(1);
    expect([name, label]).toEqual(["cifar-10-batches-bin/data_batch_1.bin#1", 9]);
    expect([image.width, image.height, image.channels]).toEqual([32, 32, 3]);
    expect(image.pixels.slice(0, 6)).toEqual(Uint8Array.of(8, 2, 3, 8, 2, 3));
    expect((await datasets.cifar10.open(diskFolder(root), "test")).length).toBe(1);
    await expect(train.get(3)).rejects.toThrow("CIFAR-10: expected an index of 0 to 2, got 3");
  });

  test("100 has coarse and fine labels, and takes the fine ones", async () => {
    const names = Array.from({ length: 100 }, (_, i) => `fine ${i}`).join("\n");
    const root = copyOf({
      "train.bin": Uint8Array.from(record([4, 55], 1)),
      "test.bin": Uint8Array.from(record([4, 56], 1)),
      "fine_label_names.txt": `${names}\n`,
    });
    const train = await datasets.cifar100.open(diskFolder(root), "train");
    expect((await train.get(0)).label).toBe(55);
    expect(train.classes).toHaveLength(100);
  });

  test("a batch that was cut off, and a label without a class, name the file and the byte", async () => {
    const cut = copyOf({ "train.bin": Uint8Array.from(record([3], 7).slice(0, 3000)) });
    await expect(datasets.cifar10.open(diskFolder(cut), "train")).rejects.toThrow(
      /train\.bin: cifar at byte 0: expected records of 3073 bytes, got 3000 bytes more/,
    );
    const wrong = await datasets.cifar10.open(
      diskFolder(copyOf({ "train.bin": Uint8Array.from([...record([3], 7), ...record([10], 7)]) })),
      "train",
    );
    await expect(wrong.get(1)).rejects.toThrow(/at byte 3073: expected a label below 10, got 10/);
  });
});

test("ImageNet is read from folders of classes", async () => {
  const root = copyOf({
    "train/n02/a.JPEG": jpeg(8, 6, [200, 100, 50]),
    "train/n01/b.png": rgbPng(3, 2, [1, 2, 3]),
    "val/n01/c.JPEG": jpeg(8, 8, [0, 0, 0]),
    "val/n02/d.JPEG": Uint8Array.from([0xff, 0xd8, 1, 2, 3]),
  });
  const train = await datasets.imagenet.open(diskFolder(root), "train");
  expect(train.classes).toEqual(["n01", "n02"]);
  expect(await train.get(0)).toMatchObject({ name: "train/n01/b.png", label: 0 });
  expect([...(await train.get(0)).image.pixels]).toEqual([
    1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3,
  ]);
  const { label, image } = await train.get(1);
  expect([label, image.width, image.height, image.channels]).toEqual([1, 8, 6, 3]);
  expect(Math.abs(image.pixels[0]! - 200)).toBeLessThan(8);
  const val = await datasets.imagenet.open(diskFolder(root), "val");
  await expect(val.get(1)).rejects.toThrow(/n02\/d\.JPEG: jpeg at byte 0: expected a picture that decodes/);
});

suite("masks", () => {
  test("of CamVid in either layout, void where they say 11", async () => {
    const flat = copyOf({
      "train/a.png": rgbPng(2, 2, [9, 8, 7]),
      "trainannot/a.png": png(2, [0, 10, 11, 3]),
    });
    const nested = copyOf({
      "train/images/a.jpg": jpeg(2, 2, [9, 8, 7]),
      "train/labels/a.png": png(2, [0, 10, 11, 3]),
      "train/images/no-mask.jpg": jpeg(2, 2, [9, 8, 7]),
    });
    for (const root of [flat, nested]) {
      const train = await datasets.camvid.open(diskFolder(root), "train");
      expect(train.length).toBe(1);
      const { mask, image } = await train.get(0);
      expect([...mask]).toEqual([0, 10, VOID_LABEL, 3]);
      expect(image.width).toBe(2);
    }
  });

  test("of Cityscapes, of the nineteen classes that are scored", async () => {
    const root = copyOf({
      "leftImg8bit/val/ulm/ulm_000_leftImg8bit.png": rgbPng(4, 1, [0, 0, 0]),
      "gtFine/val/ulm/ulm_000_gtFine_labelIds.png": png(4, [7, 33, 0, 9]),
    });
    const val = await datasets.cityscapes.open(diskFolder(root), "val");
    expect([...(await val.get(0)).mask]).toEqual([0, 18, VOID_LABEL, VOID_LABEL]);
  });

  test("of VSPW, with a palette, counted from 1", async () => {
    const palette = Array.from({ length: 256 }, (_, i): [number, number, number] => [255 - i, i, 0]);
    const root = copyOf({
      "train.txt": "0_a\n",
      "val.txt": "0_b\n",
      "data/0_a/origin/1.jpg": jpeg(2, 2, [0, 0, 0]),
      "data/0_a/mask/1.png": png(2, [0, 1, 124, 255], palette),
    });
    const train = await datasets.vspw.open(diskFolder(root), "train");
    expect([...(await train.get(0)).mask]).toEqual([VOID_LABEL, 0, 123, VOID_LABEL]);
    await expect(datasets.vspw.open(diskFolder(root), "val")).rejects.toThrow(ArgumentError);
  });

  test("of another size than their picture are refused by name", async () => {
    const root = copyOf({ "train/a.png": rgbPng(2, 2, [0, 0, 0]), "trainannot/a.png": png(3, [0, 0, 0]) });
    const train = await datasets.camvid.open(diskFolder(root), "train");
    await expect(train.get(0)).rejects.toThrow(/trainannot\/a\.png: mask at byte 0: expected a mask of 2x2/);
  });
});

suite("videos", () => {
  test("of UCF101 follow its lists", async () => {
    const root = copyOf({
      "ucfTrainTestlist/classInd.txt": "1 Archery\r\n2 Bowling\r\n",
      "ucfTrainTestlist/trainlist01.txt": "Bowling/v_Bowling_g08_c01.avi 2\n",
      "ucfTrainTestlist/testlist01.txt": "Archery/v_Archery_g01_c01.avi\nBowling/v_Bowling_g01_c01.avi\n",
    });
    const test = await datasets.ucf101.open(diskFolder(root), "test");
    expect(test.classes).toEqual(["Archery", "Bowling"]);
    expect(await test.get(1)).toEqual({
      name: "UCF-101/Bowling/v_Bowling_g01_c01.avi",
      label: 1,
      path: `${root}/UCF-101/Bowling/v_Bowling_g01_c01.avi`,
    });
  });

  test("of HMDB51 follow its first split", async () => {
    const root = copyOf({
      "testTrainMulti_7030_splits/run_test_split1.txt": "a.avi 1 \nb.avi 2 \nc.avi 0 \n",
      "testTrainMulti_7030_splits/brush_hair_test_split1.txt": "d.avi 1 \n",
      "run/a.avi": "",
    });
    const train = await datasets.hmdb51.open(diskFolder(root), "train");
    expect(train.classes).toEqual(["brush_hair", "run"]);
    expect(await Promise.all([0, 1].map((i) => train.get(i)))).toMatchObject([
      { name: "brush_hair/d.avi", label: 0 },
      { name: "run/a.avi", label: 1 },
    ]);
  });

  test("of Kinetics and of one's own lie in folders of classes", async () => {
    const kinetics = copyOf({ "val/abseiling/x.mp4": "", "val/yoga/y.mp4": "", "val/yoga/notes.txt": "" });
    expect((await datasets.kinetics400.open(diskFolder(kinetics), "val")).length).toBe(2);
    const own = copyOf({ "wave/1.webm": "", "clap/2.mkv": "" });
    expect((await datasets.videos.open(diskFolder(own), "all")).classes).toEqual(["clap", "wave"]);
  });

  test("with an index have splits, and stay within their folder", async () => {
    const index = (file: string) =>
      JSON.stringify({ classes: ["a", "b"], clips: [{ file, label: 1, split: "val" }], fps: 15 });
    const val = await datasets.videos.open(diskFolder(copyOf({ "index.json": index("b/1.mp4") })), "val");
    expect(await val.get(0)).toMatchObject({ name: "b/1.mp4", label: 1 });
    const escaping = diskFolder(copyOf({ "index.json": index("../secret.mp4") }));
    await expect(datasets.videos.open(escaping, "val")).rejects.toThrow(FormatError);
  });
});

suite("event frames with SMPL poses", () => {
  const range = (length: number) => Array.from({ length }, (_, i) => i);

  test("are merged into steps, with the poses at their edges", async () => {
    const root = copyOf({
      ...eventFrames("mmhpsd_events/subject01_group1_time1", range(9)),
      ...eventFrames("mmhpsd_events/subject03_group1_time1", range(5)),
    });
    const test = await datasets.mmhpsd.open(diskFolder(root), "test", { timeSteps: 2, gap: 2 });
    expect(test.length).toBe(2);
    const { name, events, shape, pose, translation, joints2d } = await test.get(1);
    expect(name).toBe("mmhpsd_events/subject01_group1_time1#4");
    expect(shape).toEqual([2, 4, 256, 256]);
    const plane = 65536;
    const at = (step: number, channel: number, pixel: number) => events[(4 * step + channel) * plane + pixel];
    expect([0, 1, 2, 3].map((channel) => at(0, channel, 0))).toEqual([1, 1, 0, 0]);
    expect([0, 1, 2, 3].map((channel) => at(1, channel, 0))).toEqual([0, 0, 1, 1]);
    expect(at(0, 3, 258)).toBe(1);
    expect(events.reduce((a, b) => a + b, 0)).toBe(6);
    expect([pose[0], pose[72], pose[144]]).toEqual([4, 6, 8]);
    expect(translation.length).toBe(9);
    expect(joints2d.slice(0, 4)).toEqual(Float32Array.of(4, 5, 7, 8));
    const train = await datasets.mmhpsd.open(diskFolder(root), "train", { timeSteps: 2, gap: 2 });
    expect(train.length).toBe(1);
  });

  test("of the wrong size are refused by name", async () => {
    const files = eventFrames("h36m_events_processed/s_09_act_02", range(3));
    files["h36m_events_processed/s_09_act_02/poses/pose_0001.npz"] = encodeNpz(
      new Map([["body_pose", { shape: [1, 71], data: new Float32Array(71) }]]),
    );
    const test = await datasets["event-h36m"].open(diskFolder(copyOf(files)), "test", {
      timeSteps: 1,
      gap: 1,
    });
    await expect(test.get(0)).rejects.toThrow(
      /pose_0001\.npz: npz at byte 0: expected 72 numbers in body_pose, got 71/,
    );
  });

  test("that follow one another are stretches, cut where one is missing and where they are long", async () => {
    const of = (path: string, frames: number[]) => eventFrames(`phspd_events/${path}`, frames);
    const root = copyOf({
      ...of("subject04_group1_time1", [0, 1]),
      ...of("subject05_group1_time1", [3, 4, 5, 6, 7, 8, 20, 30, 31]),
    });
    const train = await datasets["event-phspd"].stretches(diskFolder(root), "train", 3);
    const all = await Promise.all(range(train.length).map((i) => train.get(i)));
    expect(all.map(({ name, shape }) => [name.split("#")[1], shape[0]])).toEqual([
      ["3", 3],
      ["6", 2],
      ["30", 1],
    ]);
    expect([all[0]!.pose[3 * 72], all[1]!.pose[0]]).toEqual([6, 6]);
    expect((await datasets["event-phspd"].stretches(diskFolder(root), "test", 3)).length).toBe(1);
  });

  test("of motion capture lie in folders of its data sets, and are for training alone", async () => {
    const root = diskFolder(copyOf(eventFrames("amass_events/MPI_HDM05/tr/HDM_tr_05", range(3))));
    const train = await datasets["event-amass"].open(root, "train", { timeSteps: 2, gap: 1 });
    expect((await train.get(0)).name).toBe("amass_events/MPI_HDM05/tr/HDM_tr_05#0");
    await expect(datasets["event-amass"].open(root, "test")).rejects.toThrow(
      /expected a split of train, got "test"/,
    );
    const empty = diskFolder(copyOf({ "amass_events/MPI_HDM05/x": "" }));
    await expect(datasets["event-amass"].stretches(empty, "train", 9)).rejects.toThrow(
      /expected amass_events\/SET\/SUBSET\/ACTION\/poses of 2 frames/,
    );
  });
});

suite("recordings", () => {
  const digit = nmnistOf(
    eventsOf([
      [10, 3, 4, 1],
      [20, 33, 0, 0],
      [35, 1, 2, 1],
      [60, 9, 9, 0],
      [61, 8, 8, 1],
      [99, 7, 7, 1],
    ]),
  );

  test("of N-MNIST by digit, every tenth of the training files for validation", async () => {
    const files = Object.fromEntries(
      Array.from({ length: 20 }, (_, i) => [`Train/7/${String(i).padStart(5, "0")}.bin`, digit]),
    );
    const root = copyOf({ ...files, "Test/0/00001.bin": digit });
    const lengths = await Promise.all(
      datasets.nmnist.splits.map(
        async (split) => (await datasets.nmnist.open(diskFolder(root), split)).length,
      ),
    );
    expect(lengths).toEqual([18, 2, 1]);
    const val = await datasets.nmnist.open(diskFolder(root), "val");
    const { name, label, sensor, events } = await val.get(1);
    expect([name, label]).toEqual(["Train/7/00019.bin", 7]);
    expect(sensor).toEqual({ width: 34, height: 34 });
    expect([...events.t]).toEqual([10, 20, 35, 60, 61, 99]);
  });

  test("of N-MNIST by an index", async () => {
    const index = {
      samples: [
        { file: "a/1.bin", label: 3, split: "train" },
        { file: "a/2.bin", label: 4, split: "test" },
      ],
    };
    const root = copyOf({ "index.json": JSON.stringify(index), "a/1.bin": digit, "a/2.bin": digit });
    const test = await datasets.nmnist.open(diskFolder(root), "test");
    expect(await test.get(0)).toMatchObject({ name: "a/2.bin", label: 4 });
  });

  test("of N-Caltech101 by class, every fifth file for the test, in the order of their numbers", async () => {
    const files = Object.fromEntries(
      Array.from({ length: 10 }, (_, i) => [`Caltech101/ant/image_${i + 1}.bin`, digit]),
    );
    const root = copyOf({ ...files, "Caltech101/BACKGROUND_Google/image_1.bin": digit });
    const test = await datasets.ncaltech101.open(diskFolder(root), "test");
    expect(test.classes).toEqual(["BACKGROUND_Google", "ant"]);
    expect((await Promise.all([0, 1].map((i) => test.get(i)))).map(({ name }) => name)).toEqual([
      "Caltech101/ant/image_5.bin",
      "Caltech101/ant/image_10.bin",
    ]);
  });

  test("of CIFAR10-DVS by class, the first nine tenths for training", async () => {
    const recording = aedat2(
      [],
      [
        [(4 << 8) | (3 << 1), 10],
        [(6 << 8) | (5 << 1) | 1, 20],
      ],
    );
    const files = Object.fromEntries(
      Array.from({ length: 10 }, (_, i) => [`cat/cifar10_cat_${i}.aedat`, recording]),
    );
    const root = copyOf(files);
    const test = await datasets["cifar10-dvs"].open(diskFolder(root), "test");
    expect(test.length).toBe(1);
    const { name, label, events, sensor } = await test.get(0);
    expect([name, label]).toEqual(["cat/cifar10_cat_9.aedat", 3]);
    expect(sensor).toEqual({ width: 128, height: 128 });
    expect([...events.x]).toEqual([3, 5]);
    expect((await datasets["cifar10-dvs"].open(diskFolder(root), "train")).length).toBe(9);
  });

  test("of DVS128 Gesture are cut out by their labels", async () => {
    const polarities = Array.from({ length: 60 }, (_, i) => polarity3(i, i, i, 1));
    const root = copyOf({
      "trials_to_train.txt": "user01_led.aedat\n",
      "trials_to_test.txt": "",
      "user01_led.aedat": aedat3([packet3(1, polarities)]),
      "user01_led_labels.csv": "class,startTime_usec,endTime_usec\n1,10,20\n11,30,45\n",
    });
    const train = await datasets["dvs-gesture"].open(diskFolder(root), "train");
    expect(train.length).toBe(2);
    const { name, label, events } = await train.get(1);
    expect([name, label, train.classes[label]]).toEqual(["user01_led#30", 10, "other_gestures"]);
    expect([...events.t]).toEqual(Array.from({ length: 15 }, (_, i) => 30 + i));
  });

  test("with labels that are none name the line", async () => {
    const root = copyOf({
      "trials_to_train.txt": "a.aedat\n",
      "trials_to_test.txt": "",
      "a_labels.csv": "class,startTime_usec,endTime_usec\n1,10,20\n12,1,2\n",
    });
    const opened = datasets["dvs-gesture"].open(diskFolder(root), "train");
    await expect(opened).rejects.toThrow(
      /a_labels\.csv: labels at byte 0: expected class 1 to 11.* in line 3, got "12,1,2"/,
    );
  });
});

suite("windows of events with joints", () => {
  test("of DHP19 have their joints in the room and in the picture", async () => {
    const root = copyOf(fixtures("dhp19"));
    const test = await datasets.dhp19.open(diskFolder(root), "test", {
      windowMs: 20,
      stepMs: 20,
      history: 30,
    });
    expect(test.length).toBe(3);
    const { name, events, history, joints2d, joints3d, startUs, stepUs } = await test.get(0);
    expect(name).toBe("S13_session1_mov1_events/cam3#40");
    expect([startUs, stepUs]).toEqual([40_000, 10_000]);
    // One event a millisecond; the files count pixels from 1.
    expect([...events.t]).toEqual(Array.from({ length: 20 }, (_, i) => 40_000 + 1000 * i));
    expect(events.x[0]).toBe(40);
    expect([history.t.length, history.t.at(-1)]).toEqual([30, 39_000]);
    expect(joints3d!.length).toBe(2 * 13 * 3);
    // Label 4, joint 2.
    expect(joints3d!.slice(6, 9)).toEqual(Float32Array.of(4, 2, 1));
    expect(joints2d.slice(4, 6)).toEqual(Float32Array.of(40, 240));
    // Joint 0 lies on the lower border, which is outside.
    expect(joints2d[26]).toBeNaN();
    expect(
      (await datasets.dhp19.open(diskFolder(root), "train", { windowMs: 20, stepMs: 20, history: 30 }))
        .length,
    ).toBeGreaterThan(0);
  });

  test("of Event-Human3.6M have times in microseconds and the pixels of their camera", async () => {
    const root = copyOf(fixtures("h36m"));
    const options = { camera: 1, windowMs: 40, stepMs: 40, history: 10 };
    const test = await datasets["h36m-events"].open(diskFolder(root), "test", options);
    expect(test.length).toBe(1);
    const { name, events, joints2d, joints3d } = await test.get(0);
    expect(name).toBe("S9/Walking_1.55011271#40");
    expect(events.t[0]).toBe(40_000);
    expect(joints3d).toBeUndefined();
    // Labels 3 and 4 of [L, 2, 13]: u = label, v = joint.
    expect(joints2d.slice(0, 4)).toEqual(Float32Array.of(3, 0, 3, 1));
  });

  test("of a camera that was not recorded are missing", async () => {
    const root = copyOf(fixtures("h36m"));
    await expect(datasets["h36m-events"].open(diskFolder(root), "test", { camera: 2 })).rejects.toThrow(
      /expected S\*\/upsample\/\*\.58860488\/events\.h5/,
    );
  });
});

/** The files of a small copy that is kept as it is: `test/fixtures/datasets/README.md` tells how it was made. */
function fixtures(name: string): Record<string, Uint8Array> {
  const top = new URL(`../fixtures/datasets/${name}/`, import.meta.url);
  const paths = readdirSync(top, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    paths.map(({ parentPath, name: file }) => {
      const path = join(parentPath, file);
      return [path.slice(fileURLToPath(top).length), new Uint8Array(readFileSync(path))];
    }),
  );
}
