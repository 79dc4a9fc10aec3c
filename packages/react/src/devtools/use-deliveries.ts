import type { DeliveryEntry } from "@attune/core";
import { useAttune } from "@attune/react";
import { useEffect, useState } from "react";

type Deliveries = readonly DeliveryEntry[];

const isSame = (a: Deliveries, b: Deliveries): boolean =>
  a.length === b.length && a.every(({ id, status }, i) => id === b[i]?.id && status === b[i].status);

/**
 * What was recorded in this page and what became of it, latest first. Deliveries are a log, not state that pages render from: it is looked at each half
 * second for as long as the component is there, which renders only with what is new.
 */
export function useDeliveries(): Deliveries {
  const attune = useAttune();
  const [deliveries, setDeliveries] = useState<Deliveries>(() => attune.deliveries());
  useEffect(() => {
    const look = (): void => {
      const latest = attune.deliveries();
      setDeliveries((before) => (isSame(before, latest) ? before : latest));
    };
    look();
    const timer = setInterval(look, 500);
    return () => clearInterval(timer);
  }, [attune]);
  return deliveries;
}
