/** Recordings, videos and pictures that a command reads, as inputs of a model. */
import { extname } from "node:path";
import {
  type ImageInput,
  type InputDescription,
  type Prepared,
  preparedEvents,
  preparedImage,
} from "../../../src/data/index.ts";
import { openFrames, preparedVideo } from "../../../src/data/node.ts";
import { readFileBounded } from "../../../src/core/node.ts";
import { type Events, joinEvents } from "../../../src/events/index.ts";
import { openRecording } from "../../../src/events/node.ts";
import { decodeImage } from "../../../src/video/index.ts";
import { IMAGE_ENDINGS } from "../../../src/video/node.ts";
import type { Context } from "../context.ts";
import { reading } from "../faults.ts";
import { readingAll } from "./watched-stream.ts";

/**
 * Reads what a model is to look at.
 *
 * @param path - a recording, a video or a picture, as the input wants it; `-` is a recording on standard input
 * @throws InputError naming the file, if it is damaged or something else
 */
export function readSample(path: string, input: InputDescription, { signal }: Context): Promise<Prepared> {
  const name = path === "-" ? "standard input" : path;
  return reading(name, async () => {
    switch (input.kind) {
      case "events": {
        const recording = await openRecording(path, { file: name, signal });
        try {
          const batches: Events[] = [];
          for await (const batch of readingAll(name, recording)) batches.push(batch);
          return preparedEvents({ sensor: recording.sensor, events: joinEvents(batches) }, input);
        } finally {
          await recording.close();
        }
      }
      case "video":
        return preparedVideo(path, input, signal);
      case "image":
        return preparedImage(decodeImage(await readFileBounded(path), { file: path }), input);
    }
  });
}

/** Whether a path is that of a picture, by its ending: what else there is must be a video. */
export function isPicture(path: string): boolean {
  return IMAGE_ENDINGS.has(extname(path).toLowerCase());
}

/** Pictures one after the other, and how many there will be where that is known. */
export type Pictures = {
  readonly expected: number | undefined;
  readonly prepared: AsyncIterable<Prepared> | Iterable<Prepared>;
};

/** The frames of a video, or of a folder of pictures, each as a picture. @throws InputError naming the file */
export async function readFrames(path: string, input: ImageInput, { signal }: Context): Promise<Pictures> {
  const video = await reading(path, () => openFrames(path, { signal }));
  async function* prepared(): AsyncGenerator<Prepared> {
    for await (const frame of video) yield preparedImage(frame, input);
  }
  return { expected: video.expectedFrames, prepared: readingAll(path, prepared()) };
}
