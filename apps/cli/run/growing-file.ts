/** Files that grow while a command runs and appear under their name only when it has succeeded. */
import { randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { type FileHandle, mkdir, open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { replaceable, writeFileAtomic } from "../../../src/core/node.ts";
import type { FilePiece } from "../../../src/events/index.ts";
import { writing } from "../faults.ts";

/** Text held back before it is written, characters. */
const BUFFER = 1 << 16;

/** A file under a temporary name; {@link GrowingFile.commit} gives it its own. */
export class GrowingFile {
  readonly path: string;
  readonly #target: string;
  readonly #temporary: string;
  readonly #file: FileHandle;
  #pending = "";
  #open = true;

  private constructor(path: string, target: string, temporary: string, file: FileHandle) {
    this.path = path;
    this.#target = target;
    this.#temporary = temporary;
    this.#file = file;
  }

  /** Opens the temporary file; makes the folder if need be. Fails at once where nothing can be written. */
  static async open(path: string): Promise<GrowingFile> {
    return writing(path, async () => {
      await mkdir(dirname(path), { recursive: true });
      const target = await replaceable(path);
      const temporary = join(dirname(target), `.${basename(target)}.${randomUUID()}.tmp`);
      return new GrowingFile(path, target, temporary, await open(temporary, "wx"));
    });
  }

  /** Adds text or bytes at the end, or replaces bytes that are there. */
  async write(content: string | FilePiece): Promise<void> {
    if (typeof content === "string") {
      this.#pending += content;
      if (this.#pending.length >= BUFFER) await this.#flush();
      return;
    }
    await this.#flush();
    await writing(this.path, async () => {
      if (content instanceof Uint8Array) return this.#file.writeFile(content);
      const { at, bytes } = content;
      for (let done = 0; done < bytes.length;) {
        done += (await this.#file.write(bytes, done, bytes.length - done, at + done)).bytesWritten;
      }
    });
  }

  /**
   * Brings all that was written to the disk; nothing can be added any more.
   * @param head - text to come before it: what is known only at the end
   */
  async finish(head = ""): Promise<void> {
    await this.#flush();
    await writing(this.path, async () => {
      await this.#file.sync();
      await this.#close();
      if (head !== "") await writeFileAtomic(this.#temporary, headed(head, this.#temporary));
    });
  }

  /** Puts the finished file in its place. */
  async commit(): Promise<void> {
    await writing(this.path, () => rename(this.#temporary, this.#target));
  }

  /** Removes what was written, unless it was committed. */
  async discard(): Promise<void> {
    await this.#close();
    await rm(this.#temporary, { force: true });
  }

  async #flush(): Promise<void> {
    const text = this.#pending;
    this.#pending = "";
    if (text !== "") await writing(this.path, () => this.#file.writeFile(text));
  }

  async #close(): Promise<void> {
    if (this.#open) await this.#file.close();
    this.#open = false;
  }
}

/** Puts finished files in their places: all of them, or none. */
export async function commitTogether(files: readonly GrowingFile[]): Promise<void> {
  const placed: GrowingFile[] = [];
  try {
    for (const file of files) {
      await file.commit();
      placed.push(file);
    }
  } catch (error) {
    for (const { path } of placed) await rm(path, { force: true });
    throw error;
  }
}

async function* headed(head: string, rest: string): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(head);
  yield* createReadStream(rest) as AsyncIterable<Uint8Array>;
}
