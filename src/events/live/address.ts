/** Addresses of live sources and sinks: `tcp://host:port`, `udp://host:port`, `ws://host:port/path`. */
import { ArgumentError } from "../../core/index.ts";

/** A live source or sink. */
export type LiveAddress = {
  readonly scheme: "tcp" | "udp" | "ws" | "wss";
  /** Name or number of the host, without the brackets of IPv6; the loopback interface where none is given. */
  readonly host: string;
  readonly port: number;
  /** Whether to wait for the other side to connect, instead of connecting to it. */
  readonly listen: boolean;
  /** The address as it was given. */
  readonly url: string;
};

const ADDRESS = /^(tcp|udp|wss?):\/\/(\[[\da-f:.%]+\]|[^/?#:[\]@\s]*):(\d{1,5})(\/[^?#\s]*)?(?:\?(.*))?$/i;

/** Whether a text is meant as the address of a live source rather than as a path. */
export function isLiveAddress(text: string): boolean {
  return /^(?:tcp|udp|wss?):\/\//i.test(text);
}

/**
 * Parses an address. Without a host (`tcp://:4000`), or with `?listen`, the other side is waited for: on the loopback
 * interface, or on the host's; `0.0.0.0` are all interfaces.
 *
 * @throws ArgumentError
 */
export function parseLiveAddress(url: string): LiveAddress {
  const [, scheme, host, port, path, query] = ADDRESS.exec(url) ?? [];
  const fault = (what: string) => new ArgumentError(`${url}: expected ${what}`);
  if (scheme === undefined) throw fault("an address such as tcp://host:port, udp://:port or ws://host:port");
  if (Number(port) > 65535) throw fault(`a port of at most 65535, got ${port}`);
  if (query !== undefined && query !== "listen") throw fault(`no query but ?listen, got ?${query}`);
  const kind = scheme.toLowerCase() as LiveAddress["scheme"];
  if (path !== undefined && path !== "/" && !kind.startsWith("ws")) throw fault(`no path, got ${path}`);
  const listen = host === "" || query === "listen";
  if (listen && kind === "wss") throw fault("ws:// to listen (encryption is for a proxy to add), got wss://");
  return {
    scheme: kind,
    host: host === "" ? "127.0.0.1" : host!.replace(/^\[|\]$/g, ""),
    port: Number(port),
    listen,
    url,
  };
}
