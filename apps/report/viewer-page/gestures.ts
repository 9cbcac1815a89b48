/** Pointer and keys on the space: orbit, pan, zoom. */
import type { Store } from "./state.ts";

/** Drag orbits, drag with shift or another button pans, two fingers do both, the wheel zooms. */
export function gestures(canvas: HTMLElement, store: Store, reset: () => void): void {
  const held = new Map<number, PointerEvent>();
  const zoom = (factor: number) => store.set({ distance: store.state.distance * factor });
  const pan = (dx: number, dy: number) => {
    const { height } = canvas.getBoundingClientRect();
    store.set({ panX: store.state.panX + dx / height, panY: store.state.panY + dy / height });
  };
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    held.set(event.pointerId, event);
    canvas.classList.add("held");
  });
  canvas.addEventListener("pointermove", (event) => {
    const before = held.get(event.pointerId);
    if (before === undefined) return;
    held.set(event.pointerId, event);
    const [dx, dy] = [event.clientX - before.clientX, event.clientY - before.clientY];
    if (held.size === 1) {
      if (event.shiftKey || event.buttons > 1) return pan(dx, dy);
      store.set({ yaw: store.state.yaw - dx * 0.008, pitch: store.state.pitch + dy * 0.006 });
      return;
    }
    const other = [...held.values()].find((one) => one.pointerId !== event.pointerId)!;
    const span = (one: PointerEvent) => Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
    zoom(span(before) / Math.max(1, span(event)));
    pan(dx / 2, dy / 2);
  });
  const release = (event: PointerEvent) => {
    held.delete(event.pointerId);
    if (held.size === 0) canvas.classList.remove("held");
  };
  canvas.addEventListener("pointerup", release);
  canvas.addEventListener("pointercancel", release);
  canvas.addEventListener("contextmenu", (event) => event.preventDefault());
  canvas.addEventListener("dblclick", reset);
  canvas.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      zoom(Math.exp(Math.max(-60, Math.min(60, event.deltaY)) * 0.003));
    },
    { passive: false },
  );
  canvas.addEventListener("keydown", (event) => {
    const { yaw, pitch } = store.state;
    const act = {
      ArrowLeft: () => store.set({ yaw: yaw - 0.1 }),
      ArrowRight: () => store.set({ yaw: yaw + 0.1 }),
      ArrowUp: () => store.set({ pitch: pitch + 0.08 }),
      ArrowDown: () => store.set({ pitch: pitch - 0.08 }),
      "+": () => zoom(0.9),
      "=": () => zoom(0.9),
      "-": () => zoom(1 / 0.9),
      "0": reset,
    }[event.key];
    if (act === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    // The page's own keys are for time.
    event.stopPropagation();
    act();
  });
}
