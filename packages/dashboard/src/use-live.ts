import { useEffect, useReducer, useState } from "react";
import { type Frame, FRAME_TYPES } from "./frames.js";
import { EMPTY, type Model, reduce } from "./model.js";

const APPLY_MS = 100;

/**
 * The live stream as a model. The browser reconnects by itself and tells the server where it stopped. Frames are applied ten times a
 * second, however many arrive; by a timer, since animation frames stop in a hidden tab while frames go on arriving.
 */
export function useLive(url: string): Model {
  const [model, take] = useReducer(
    (current: Model, frames: readonly Frame[]) => frames.reduce(reduce, current),
    EMPTY,
  );
  const [lost, setLost] = useState(false);
  useEffect(() => {
    const source = new EventSource(url);
    let waiting: Frame[] = [];
    let timer: ReturnType<typeof setTimeout> | null = null;
    const apply = () => {
      timer = null;
      take(waiting);
      waiting = [];
    };
    const receive = (message: MessageEvent<string>) => {
      waiting.push(JSON.parse(message.data) as Frame);
      timer ??= setTimeout(apply, APPLY_MS);
    };
    for (const type of FRAME_TYPES) source.addEventListener(type, receive);
    source.onopen = () => setLost(false);
    source.onerror = () => setLost(true);
    return () => {
      if (timer !== null) clearTimeout(timer);
      source.close();
    };
  }, [url]);
  return lost ? { ...model, connection: "lost" } : model;
}
