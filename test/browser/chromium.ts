/** Where tests find a browser. */
import { existsSync } from "node:fs";

export const CHROMIUM = process.env["CHROMIUM_PATH"] ?? "/usr/bin/chromium";

export const CHROMIUM_ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
];

/** Empty, or a remark for the name of a suite that is skipped. */
export const missingChromium = existsSync(CHROMIUM)
  ? ""
  : ` (skipped: no Chromium at ${CHROMIUM}; set CHROMIUM_PATH)`;
