/** The windows in which pose models look at a recording. */

/** T: steps of a window, as in training. */
export const TIME_STEPS = 8;
/** Length of a window, ms, as in training. */
export const WINDOW_MS = 1000;
