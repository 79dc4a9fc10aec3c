"use client";

import { useTrack } from "@attune/react";
import { useEffect } from "react";
import { product as find } from "~/shop/catalogue";
import { shopProperties } from "./bag";

type Props =
  | { name: "home" | "thanks" | "bag" }
  | { name: "category"; category: string }
  | { name: "product"; product: string }
  | { name: "search"; results: number };

/** Says what kind of page this is. The address itself is captured by the library. */
export function View(props: Props) {
  const track = useTrack();
  const subject = props.name === "category" ? props.category : props.name === "product" ? props.product : "";
  const results = props.name === "search" ? props.results : 0;
  useEffect(() => {
    if (props.name === "category")
      void track("Product List Viewed", subject === "sale" ? { list_id: "sale" } : { category: subject });
    if (props.name === "product") {
      const item = find(subject);
      if (item !== undefined) void track("Product Viewed", shopProperties(item));
    }
    if (props.name === "search") void track("Products Searched", { results });
    if (props.name === "bag") void track("Cart Viewed");
  }, [props.name, subject, results, track]);
  return null;
}
