// Pooling over windows of channels-last images; lanes are channels, windows are clipped to the image.
// Arguments: out, x, images, height, width, channels, kernel, stride, padding, outHeight, outWidth, group, and for
// the gradient of the maximum the image x.
import { at, int, pointer } from "./memory";
import { loadLanes, storeLanes } from "./lanes";

/** Mean of each window, padding counted as 0 (`largest`: largest entry of the part inside). Task: `group` rows. */
function pool(args: usize, task: i32, largest: bool): void {
  const out = pointer(args, 0);
  const x = pointer(args, 1);
  const images = int(args, 2);
  const height = int(args, 3);
  const width = int(args, 4);
  const channels = int(args, 5);
  const kernel = int(args, 6);
  const stride = int(args, 7);
  const padding = int(args, 8);
  const outHeight = int(args, 9);
  const outWidth = int(args, 10);
  const group = int(args, 11);
  const area = f32x4.splat(<f32>(kernel * kernel));
  const last = min(images * outHeight, (task + 1) * group);
  for (let row = task * group; row < last; row++) {
    const image = row / outHeight;
    const y = (row - image * outHeight) * stride - padding;
    const y0 = max(0, y);
    const y1 = min(height, y + kernel);
    for (let ox = 0; ox < outWidth; ox++) {
      const left = ox * stride - padding;
      const x0 = max(0, left);
      const x1 = min(width, left + kernel);
      for (let c = 0; c < channels;) {
        const whole = c + 4 <= channels;
        let value = f32x4.splat(0);
        if (largest) value = loadLanes(at(x, ((image * height + y0) * width + x0) * channels + c), whole);
        for (let yy = y0; yy < y1; yy++) {
          for (let xx = x0; xx < x1; xx++) {
            const entry = loadLanes(at(x, ((image * height + yy) * width + xx) * channels + c), whole);
            if (largest) value = v128.bitselect(entry, value, f32x4.gt(entry, value));
            else value = f32x4.add(value, entry);
          }
        }
        if (!largest) value = f32x4.div(value, area);
        storeLanes(at(out, (row * outWidth + ox) * channels + c), value, whole);
        c += whole ? 4 : 1;
      }
    }
  }
}

/** See {@link pool}. */
export function avgPool(args: usize, task: i32): void {
  pool(args, task, false);
}

/** See {@link pool}. */
export function maxPool(args: usize, task: i32): void {
  pool(args, task, true);
}

/**
 * dx += dy/k² over each window, or (`x` given) dy at the first largest entry of each window. Task: one image, so that
 * windows that overlap add in order.
 */
export function poolGrad(args: usize, task: i32): void {
  const dx = pointer(args, 0);
  const dy = pointer(args, 1);
  const height = int(args, 3);
  const width = int(args, 4);
  const channels = int(args, 5);
  const kernel = int(args, 6);
  const stride = int(args, 7);
  const padding = int(args, 8);
  const outHeight = int(args, 9);
  const outWidth = int(args, 10);
  const x = pointer(args, 12);
  const area = f32x4.splat(<f32>(kernel * kernel));
  const image = task * height * width * channels;
  memory.fill(at(dx, image), 0, (height * width * channels) << 2);
  for (let oy = 0; oy < outHeight; oy++) {
    const y = oy * stride - padding;
    const y0 = max(0, y);
    const y1 = min(height, y + kernel);
    for (let ox = 0; ox < outWidth; ox++) {
      const left = ox * stride - padding;
      const x0 = max(0, left);
      const x1 = min(width, left + kernel);
      const from = at(dy, ((task * outHeight + oy) * outWidth + ox) * channels);
      if (x != 0) {
        for (let c = 0; c < channels; c++) {
          let best = image + (y0 * width + x0) * channels + c;
          for (let yy = y0; yy < y1; yy++) {
            for (let xx = x0; xx < x1; xx++) {
              const i = image + (yy * width + xx) * channels + c;
              if (load<f32>(at(x, i)) > load<f32>(at(x, best))) best = i;
            }
          }
          store<f32>(at(dx, best), load<f32>(at(dx, best)) + load<f32>(at(from, c)));
        }
        continue;
      }
      for (let c = 0; c < channels;) {
        const whole = c + 4 <= channels;
        const share = f32x4.div(loadLanes(at(from, c), whole), area);
        for (let yy = y0; yy < y1; yy++) {
          for (let xx = x0; xx < x1; xx++) {
            const to = at(dx, image + (yy * width + xx) * channels + c);
            storeLanes(to, f32x4.add(loadLanes(to, whole), share), whole);
          }
        }
        c += whole ? 4 : 1;
      }
    }
  }
}
