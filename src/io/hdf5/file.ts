/**
 * HDF5 files, read without trust (HDF5 file format specification 3.0, support.hdfgroup.org).
 *
 * An own reader instead of the C library compiled to WebAssembly (h5wasm): Prophesee's ECF needs the raw chunks, which
 * that does not give; the library has open heap overflows and hangs on hostile files, where this has typed errors; and it
 * is synchronous and wants the whole file in memory in a browser, where this reads what is asked for, in constant memory.
 */
import { type AttributeValue, readAttributes } from "./attributes.ts";
import { Hdf5Dataset } from "./dataset.ts";
import { isGroup, type Link, readLinks } from "./links.ts";
import { type Message, readMessages } from "./object-header.ts";
import type { RandomAccess } from "../random-access.ts";
import type { Storage } from "./storage.ts";
import { readSuperblock } from "./superblock.ts";

/** Soft links that may lead to each other. */
const MAX_SOFT_LINKS = 16;

/** A group: names that lead to groups and datasets. */
export class Hdf5Group {
  /** Address of the object; two groups with the same are one. */
  readonly address: number;
  readonly #file: Hdf5File;
  readonly #storage: Storage;
  readonly #messages: readonly Message[];
  #links: ReadonlyMap<string, Link> | undefined;
  #attributes: Promise<ReadonlyMap<string, AttributeValue>> | undefined;

  constructor(file: Hdf5File, storage: Storage, address: number, messages: readonly Message[]) {
    this.#file = file;
    this.#storage = storage;
    this.address = address;
    this.#messages = messages;
  }

  /** The names in the group, in alphabetical order (by UTF-16 code units). */
  async names(): Promise<string[]> {
    return [...(await this.#read()).keys()].sort();
  }

  /** The attributes of the group. */
  attributes(): Promise<ReadonlyMap<string, AttributeValue>> {
    return (this.#attributes ??= readAttributes(this.#storage, this.#messages));
  }

  /**
   * What a path leads to, from here, or from the root if it starts with `/`; undefined if it leads nowhere or to a type.
   *
   * @throws FormatError if the file is broken there, or soft links go round in a circle
   * @throws UnsupportedError if a link leaves the file, or a dataset is not read
   */
  get(path: string): Promise<Hdf5Group | Hdf5Dataset | undefined> {
    return this.#get(path, MAX_SOFT_LINKS);
  }

  async #get(path: string, softLinks: number): Promise<Hdf5Group | Hdf5Dataset | undefined> {
    let here: Hdf5Group | Hdf5Dataset | undefined = path.startsWith("/") ? this.#file.root : this;
    for (const name of path.split("/").filter((part) => part !== "" && part !== ".")) {
      if (!(here instanceof Hdf5Group)) return undefined;
      const link: Link | undefined = (await here.#read()).get(name);
      if (link === undefined) return undefined;
      if (link.kind === "foreign") {
        return this.#storage.refuse(`expected ${name} within the file, got a link to another file`);
      }
      if (link.kind === "soft") {
        if (softLinks === 0) {
          this.#storage.fail(here.address, `expected links that end, got ${MAX_SOFT_LINKS} and more`);
        }
        here = await here.#get(link.path, softLinks - 1);
      } else {
        here = await this.#file.object(link.address);
      }
    }
    return here;
  }

  async #read(): Promise<ReadonlyMap<string, Link>> {
    return (this.#links ??= await readLinks(this.#storage, this.#messages));
  }
}

/** An HDF5 file. */
export class Hdf5File {
  readonly root: Hdf5Group;
  /** Where the file ends by its own account; a file that was cut off is shorter. */
  readonly end: number;
  readonly #storage: Storage;
  /** Objects that were opened, by their addresses. */
  readonly #objects = new Map<number, Promise<Hdf5Group | Hdf5Dataset | undefined>>();

  private constructor(storage: Storage, rootAddress: number, messages: readonly Message[], end: number) {
    this.#storage = storage;
    this.end = end;
    this.root = new Hdf5Group(this, storage, rootAddress, messages);
  }

  /**
   * Opens a file: reads its superblock and the root group.
   *
   * @param options - `name`: of the file, for messages
   * @throws FormatError if it is no HDF5 file or is broken there
   * @throws UnsupportedError if it is one of several that make a whole
   */
  static async open(
    file: RandomAccess,
    { name }: { readonly name?: string | undefined } = {},
  ): Promise<Hdf5File> {
    const { storage, root, end } = await readSuperblock(file, name);
    return new Hdf5File(storage, root, await readMessages(storage, root), end);
  }

  /** The object at an address; undefined if it is neither group nor dataset. */
  object(address: number): Promise<Hdf5Group | Hdf5Dataset | undefined> {
    const known = this.#objects.get(address) ?? this.#read(address);
    this.#objects.set(address, known);
    return known;
  }

  async #read(address: number): Promise<Hdf5Group | Hdf5Dataset | undefined> {
    const messages = await readMessages(this.#storage, address);
    if (isGroup(messages)) return new Hdf5Group(this, this.#storage, address, messages);
    return Hdf5Dataset.open(this.#storage, messages, address);
  }
}
