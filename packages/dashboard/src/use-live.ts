import { useEffect, useReducer, useState } from "react";
import { type Frame, FRAME_TYPES } from "./frames.js";
import { EMPTY, type Model, reduce } from "./model.js";

const APPLY_MS = 100;
const RETRY_MS = 3000;

/**
 * The live stream as a model. After a broken connection the browser reconnects by itself and tells the server where it stopped; after an
 * answer that is no stream (a server that is full or starting) it would not, so a new stream is opened. Frames are applied ten times a
 * second, however many arrive; by a timer, since animation frames stop in a hidden tab while frames go on arriving.
 */
export function useLive(url: string): Model {
  const [model, take] = useReducer(
    (current: Model, frames: readonly Frame[]) => frames.reduce(reduce, current),
    EMPTY,
  );
  const [lost, setLost] = useState(false);
  useEffect(() => {
    let source: EventSource;
    let retry: ReturnType<typeof setTimeout> | undefined;
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
    const open = () => {
      source = new EventSource(url);
      for (const type of FRAME_TYPES) source.addEventListener(type, receive);
      source.onopen = () => setLost(false);
      source.onerror = () => {
        setLost(true);
        if (source.readyState === EventSource.CLOSED) retry = setTimeout(open, RETRY_MS);
      };
    };
    open();
    return () => {
      if (timer !== null) clearTimeout(timer);
      clearTimeout(retry);
      source.close();
    };
  }, [url]);
  return lost ? { ...model, connection: "lost" } : model;
}
