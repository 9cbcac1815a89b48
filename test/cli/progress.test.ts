import { EventEmitter } from "node:events";
import { expect, suite, test } from "vitest";
import { watchInterrupt } from "../../apps/cli/interrupt.ts";
import { duration, startProgress } from "../../apps/cli/progress.ts";

suite("progress", () => {
  test("redraws one line with rate and time left on a terminal", () => {
    const { written, at, progress } = start(true);
    at(0);
    progress.update(1);
    at(50);
    progress.update(2);
    at(2000);
    progress.update(25);
    at(8000);
    progress.update(100);
    progress.end();
    expect(written).toEqual([
      "\r\u001b[2Ktrack [------------------------] 1/100 windows, 0.00/s",
      "\r\u001b[2Ktrack [######------------------] 25/100 windows, 12.5/s, 6 s left",
      "\r\u001b[2Ktrack [########################] 100/100 windows, 12.5/s",
      "\n",
    ]);
  });

  test("writes plain lines, few of them, elsewhere", () => {
    const { written, at, progress } = start(false);
    for (let done = 1; done <= 100; done++) {
      at(done * 100);
      progress.update(done);
    }
    progress.end();
    expect(written).toEqual([
      "track: 50/100 windows, 10.0/s, 5 s left\n",
      "track: 100/100 windows, 10.0/s\n",
    ]);
  });

  test("ends a line once, and only one that was begun", () => {
    const { written, progress } = start(true);
    progress.close();
    expect(written).toEqual([]);
    progress.update(3);
    progress.end();
    progress.close();
    progress.end();
    expect(written.filter((text) => text === "\n")).toEqual(["\n"]);
    expect(written.at(-1)).toBe("\n");
  });

  test("keeps within a narrow terminal", () => {
    const { written, progress } = start(true, 20);
    progress.end();
    expect(written[0]!.replace("\r\u001b[2K", "")).toHaveLength(19);
  });

  test("says a duration as a person does", () => {
    expect([0.4, 59.4, 59.6, 185, 7800].map(duration)).toEqual([
      "0 s",
      "59 s",
      "1 min 00 s",
      "3 min 05 s",
      "2 h 10 min",
    ]);
  });
});

suite("interrupt", () => {
  test.each(["SIGINT", "SIGTERM"])("the first %s aborts, the next is left to the system", (name) => {
    const source = new EventEmitter();
    const { signal } = watchInterrupt(source);
    expect(signal.aborted).toBe(false);
    source.emit(name);
    expect(signal.aborted).toBe(true);
    expect(source.eventNames()).toEqual([]);
  });

  test("none is heard after close, and a command can be stopped for another reason", () => {
    const source = new EventEmitter();
    const interrupt = watchInterrupt(source);
    interrupt.close();
    expect(source.eventNames()).toEqual([]);
    interrupt.stop("enough");
    expect(interrupt.signal.reason).toBe("enough");
  });
});

function start(isTTY: boolean, columns = 80) {
  const written: string[] = [];
  let time = 0;
  const sink = { write: (text: string) => written.push(text), isTTY, columns };
  const progress = startProgress(sink, { label: "track", total: 100, unit: "windows", now: () => time });
  return { written, progress, at: (ms: number) => void (time = ms) };
}
