"use client";

import { Personalize } from "@attune/react";
import Link from "next/link";
import type { HeroValue } from "~/attune/config";
import { Art } from "~/shop/art";

const GENERIC: HeroValue = {
  kicker: "New this season",
  title: "Good things, made to be used",
  text: "Kitchen, light, outdoors and desk: four shelves, twenty-four things, nothing you will throw away.",
  action: "See everything",
  href: "/#shop",
  art: "pendant",
  tone: "sand",
};

/** Same size whatever it says, so that a change moves nothing below it. */
function HeroPanel({ value }: { value: HeroValue }) {
  return (
    <section className={`hero tone-${value.tone}`} data-testid="hero" data-art={value.art}>
      <div className="wrap hero-row">
        <div className="hero-text">
          <p className="kicker">{value.kicker}</p>
          <h1>{value.title}</h1>
          <p className="lede">{value.text}</p>
          <Link className="button" href={value.href}>
            {value.action}
          </Link>
        </div>
        <div className="hero-picture">
          <Art kind={value.art} tone={value.tone} plain />
        </div>
      </div>
    </section>
  );
}

export function Hero() {
  return (
    <Personalize slot="hero" fallback={<HeroPanel value={GENERIC} />}>
      {(value) => <HeroPanel value={value} />}
    </Personalize>
  );
}
