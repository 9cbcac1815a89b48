/** What the page shows: all of it in one object, which the address of the page can hold. */

/** The state of the page. Angles are radians, times seconds since the first event. */
export type ViewState = {
  /** Turn of the eye about the vertical, and its height over the horizon. */
  yaw: number;
  pitch: number;
  /** Distance of the eye, in sides of the sensor. */
  distance: number;
  /** Shift of the picture, in parts of its height. */
  panX: number;
  panY: number;
  /** The times that the space shows. */
  from: number;
  to: number;
  /** The time of the frame, and for how long events are seen in it. */
  time: number;
  frame: number;
  /** Size of a point, CSS pixels. */
  size: number;
  /** Length of the axis of time, in sides of the sensor. */
  stretch: number;
  on: boolean;
  off: boolean;
};

/** How the eye looks. */
export type Eye = Pick<ViewState, "yaw" | "pitch" | "distance" | "panX" | "panY">;

/** Where the eye looks from. */
export type Direction = Pick<Eye, "yaw" | "pitch">;

/** Directions of the eye by name. */
export const DIRECTIONS = {
  Space: { yaw: -0.62, pitch: 0.3 },
  Front: { yaw: -Math.PI / 2, pitch: 0 },
  Side: { yaw: 0, pitch: 0 },
  Top: { yaw: 0, pitch: Math.PI / 2 },
} as const satisfies Record<string, Direction>;

/** The state, and who wants to know when it changes. */
export type Store = {
  readonly state: Readonly<ViewState>;
  /** Seconds from the first to the last event. */
  readonly duration: number;
  set(change: Partial<ViewState>): void;
  onChange(listener: () => void): void;
};

/** A state for a recording of a length in seconds. */
export function createStore(duration: number): Store {
  const state = initial(duration);
  const listeners: (() => void)[] = [];
  let pending = false;
  return {
    state,
    duration,
    set(change) {
      Object.assign(state, sound(change, state, duration));
      if (pending) return;
      pending = true;
      requestAnimationFrame(() => {
        pending = false;
        listeners.forEach((listener) => listener());
      });
    },
    onChange(listener) {
      listeners.push(listener);
      listener();
    },
  };
}

function initial(duration: number): ViewState {
  return {
    ...DIRECTIONS.Space,
    distance: 4,
    panX: 0,
    panY: 0,
    from: 0,
    to: duration,
    time: duration / 2,
    frame: Math.min(0.02, duration / 30),
    size: 1.5,
    stretch: 2.2,
    on: true,
    off: true,
  };
}

/** Limits of the numbers. */
const LIMITS: Partial<Record<keyof ViewState, readonly [number, number]>> = {
  pitch: [-Math.PI / 2, Math.PI / 2],
  distance: [0.4, 30],
  panX: [-4, 4],
  panY: [-4, 4],
  size: [0.5, 12],
  stretch: [0.2, 20],
};

/** The part of a change that makes sense. */
function sound(change: Partial<ViewState>, now: ViewState, duration: number): Partial<ViewState> {
  const next: Record<string, number | boolean> = {};
  for (const [key, value] of Object.entries(change)) {
    const old = now[key as keyof ViewState];
    if (typeof value !== typeof old || (typeof value === "number" && !Number.isFinite(value))) continue;
    const [low, high] = LIMITS[key as keyof ViewState] ?? [0, duration];
    next[key] = typeof value !== "number" || key === "yaw" ? value : Math.max(low, Math.min(high, value));
  }
  const { from = now.from, to = now.to } = next as Partial<ViewState>;
  // A range without length has no axis.
  if (!(to - from > 0)) {
    delete next["from"];
    delete next["to"];
  }
  return next as Partial<ViewState>;
}

/** The state as the address of the page has it. */
export function toHash(state: Readonly<ViewState>): string {
  const parts = Object.entries(state).map(([key, value]) => {
    return `${key}=${typeof value === "number" ? Number(value.toPrecision(7)) : Number(value)}`;
  });
  return `#${parts.join("&")}`;
}

/** The change that an address asks for. */
export function fromHash(hash: string): Partial<ViewState> {
  const change: Record<string, number | boolean> = {};
  for (const [key, value] of new URLSearchParams(hash.replace(/^#/, ""))) {
    change[key] = key === "on" || key === "off" ? value !== "0" : Number(value);
  }
  return change as Partial<ViewState>;
}
