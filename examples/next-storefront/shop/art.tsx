import type { Tone } from "./catalogue";

/** Body, shade and light come from the tone's class (globals.css), which has them for light and dark. All pictures of the shop are drawn here. */
const COLOURS: Colours = { body: "var(--tone-body)", shade: "var(--tone-shade)", light: "var(--tone-light)" };

export type ArtKind =
  | "kettle"
  | "mug"
  | "pan"
  | "board"
  | "jar"
  | "knife"
  | "pendant"
  | "desk-lamp"
  | "lantern"
  | "candle"
  | "floor-lamp"
  | "string-lights"
  | "tent"
  | "backpack"
  | "bottle"
  | "blanket"
  | "chair"
  | "stove"
  | "notebook"
  | "pen"
  | "tray"
  | "clock"
  | "headphones"
  | "shelf";

type Colours = { body: string; shade: string; light: string };
type Drawing = (c: Colours) => React.ReactNode;

const WOOD = "#c9a06c";
const WOOD_DARK = "#a67c48";
const CREAM = "#fffaf0";
const STEEL = "#b9bec7";
const GLOW = "#ffe9a8";
/** Light in the air: fainter where the page is dark, or it would look like fog. */
const BEAM = "var(--tone-beam)";

const line = (stroke: string, width: number) => ({
  fill: "none",
  stroke,
  strokeWidth: width,
  strokeLinecap: "round" as const,
  strokeLinejoin: "round" as const,
});

const DRAWINGS: Readonly<Record<ArtKind, Drawing>> = {
  kettle: (c) => (
    <>
      <path d="M150 168 Q200 92 258 168" {...line(c.shade, 13)} />
      <path d="M262 232 Q318 232 318 172 Q318 150 338 146" {...line(c.body, 17)} />
      <path d="M132 178 H272 L288 290 Q289 302 276 302 H126 Q113 302 114 290 Z" fill={c.body} />
      <path d="M132 178 H168 L158 302 H126 Q113 302 114 290 Z" fill={c.light} opacity=".55" />
      <rect x="126" y="166" width="152" height="17" rx="8" fill={c.shade} />
      <circle cx="202" cy="157" r="12" fill={WOOD} />
    </>
  ),
  mug: (c) => (
    <>
      <path d="M236 196 Q284 190 280 236 Q276 272 234 268" {...line(c.shade, 15)} />
      <path d="M112 166 H240 V272 Q240 304 208 304 H144 Q112 304 112 272 Z" fill={c.body} />
      <path d="M112 236 H240 V272 Q240 304 208 304 H144 Q112 304 112 272 Z" fill={CREAM} opacity=".85" />
      <ellipse cx="176" cy="166" rx="64" ry="13" fill={c.shade} />
      <path
        d="M150 136 q-12 -18 2 -34 q12 -16 0 -32 M196 136 q-12 -18 2 -34 q12 -16 0 -32"
        {...line(c.light, 7)}
      />
    </>
  ),
  pan: (c) => (
    <>
      <path d="M262 176 L352 92" {...line(c.shade, 22)} />
      <circle cx="344" cy="100" r="5" fill={CREAM} />
      <ellipse cx="178" cy="236" rx="112" ry="74" fill={c.shade} />
      <ellipse cx="178" cy="226" rx="112" ry="74" fill={c.body} />
      <ellipse cx="178" cy="224" rx="92" ry="57" fill={c.shade} />
      <ellipse cx="166" cy="222" rx="42" ry="27" fill={CREAM} />
      <circle cx="170" cy="220" r="15" fill="#f2b53c" />
    </>
  ),
  board: (c) => (
    <>
      <rect x="92" y="122" width="216" height="168" rx="22" fill={WOOD_DARK} />
      <rect x="92" y="114" width="216" height="168" rx="22" fill={WOOD} />
      <path
        d="M110 152 H290 M110 186 H290 M110 220 H290 M110 252 H290"
        {...line(WOOD_DARK, 3)}
        opacity=".5"
      />
      <circle cx="278" cy="142" r="10" fill={WOOD_DARK} />
      <circle cx="182" cy="212" r="36" fill={c.body} />
      <path d="M182 176 q6 -20 26 -20 q-4 18 -26 20" fill="#5f7d4f" />
      <path d="M160 200 q6 -14 20 -14" {...line(c.light, 6)} />
    </>
  ),
  jar: (c) => (
    <>
      {[
        { x: 92, y: 214, w: 72, h: 88, fill: 0.5 },
        { x: 170, y: 176, w: 78, h: 126, fill: 0.62 },
        { x: 254, y: 138, w: 66, h: 164, fill: 0.4 },
      ].map((jar) => (
        <g key={jar.x}>
          <rect x={jar.x} y={jar.y} width={jar.w} height={jar.h} rx="14" fill={CREAM} opacity=".8" />
          <rect
            x={jar.x + 5}
            y={jar.y + jar.h * (1 - jar.fill)}
            width={jar.w - 10}
            height={jar.h * jar.fill - 5}
            rx="9"
            fill={c.body}
          />
          <rect x={jar.x + 8} y={jar.y - 18} width={jar.w - 16} height="22" rx="7" fill={WOOD} />
          <rect x={jar.x + 10} y={jar.y + 12} width="7" height={jar.h - 30} rx="3" fill="#fff" opacity=".7" />
        </g>
      ))}
    </>
  ),
  knife: (c) => (
    <g transform="rotate(-32 200 210)">
      <path d="M62 190 H238 V236 H116 Q78 232 62 190 Z" fill={STEEL} />
      <path d="M62 190 H238 V204 H70 Z" fill="#dfe3e8" />
      <rect x="232" y="186" width="14" height="52" rx="3" fill={c.light} />
      <rect x="244" y="190" width="104" height="38" rx="16" fill={c.shade} />
      <circle cx="272" cy="209" r="5" fill={STEEL} />
      <circle cx="318" cy="209" r="5" fill={STEEL} />
    </g>
  ),
  pendant: (c) => (
    <>
      <path d="M96 246 L40 372 H360 L304 246 Z" fill={BEAM} />
      <path d="M200 0 V122" {...line(c.shade, 6)} />
      <rect x="184" y="110" width="32" height="28" rx="7" fill={WOOD} />
      <path d="M84 250 Q84 134 200 134 Q316 134 316 250 Z" fill={c.body} />
      <path d="M112 250 Q112 150 190 138 Q140 170 142 250 Z" fill={c.light} opacity=".6" />
      <ellipse cx="200" cy="250" rx="116" ry="15" fill={c.shade} />
      <ellipse cx="200" cy="252" rx="46" ry="10" fill={GLOW} />
    </>
  ),
  "desk-lamp": (c) => (
    <>
      <path d="M92 172 L44 300 H196 L170 190 Z" fill={BEAM} />
      <path d="M258 296 L292 196 L176 122" {...line(c.shade, 12)} />
      <circle cx="292" cy="196" r="11" fill={WOOD} />
      <path d="M78 176 Q92 106 166 98 L194 142 L174 196 Z" fill={c.body} />
      <path d="M78 176 L174 196" {...line(c.light, 7)} />
      <ellipse cx="258" cy="302" rx="66" ry="15" fill={c.shade} />
    </>
  ),
  lantern: (c) => (
    <>
      <circle cx="200" cy="222" r="118" fill={BEAM} />
      <path d="M146 146 Q146 70 200 70 Q254 70 254 146" {...line(c.shade, 9)} />
      <rect x="136" y="138" width="128" height="26" rx="10" fill={c.shade} />
      <rect x="148" y="164" width="104" height="106" rx="12" fill={CREAM} />
      <path d="M200 186 q28 34 0 60 q-28 -26 0 -60" fill="#f2b53c" />
      <path d="M172 164 V270 M228 164 V270" {...line(c.body, 5)} opacity=".6" />
      <rect x="128" y="268" width="144" height="38" rx="13" fill={c.body} />
    </>
  ),
  candle: (c) => (
    <>
      {[
        [112, 178, 300],
        [166, 138, 300],
        [220, 200, 300],
        [274, 160, 300],
      ].map(([x = 0, top = 0, bottom = 0], index) => (
        <g key={x}>
          <rect
            x={x - 19}
            y={top}
            width="38"
            height={bottom - top}
            rx="8"
            fill={index % 2 === 0 ? c.body : c.light}
          />
          <path d={`M${x} ${top} v-10`} {...line(c.shade, 4)} />
          <path d={`M${x} ${top - 44} q15 20 0 34 q-15 -14 0 -34`} fill="#f2b53c" />
        </g>
      ))}
      <ellipse cx="194" cy="304" rx="134" ry="13" fill={c.shade} />
    </>
  ),
  "floor-lamp": (c) => (
    <>
      <circle cx="200" cy="134" r="110" fill={BEAM} />
      <path d="M200 178 L142 330 M200 178 L258 330 M200 178 V326" {...line(WOOD_DARK, 9)} />
      <path d="M146 74 H254 L284 194 H116 Z" fill={CREAM} />
      <path d="M132 130 H268 M124 162 H276 M140 100 H260" {...line(c.light, 3)} />
      <path d="M116 194 H284" {...line(c.body, 8)} />
    </>
  ),
  "string-lights": (c) => (
    <>
      <path d="M20 120 Q110 240 200 150 Q290 70 380 190" {...line(c.shade, 6)} />
      {[
        [62, 166],
        [112, 190],
        [166, 176],
        [214, 138],
        [268, 112],
        [322, 132],
      ].map(([x = 0, y = 0]) => (
        <g key={x}>
          <circle cx={x} cy={y + 40} r="34" fill={BEAM} />
          <rect x={x - 9} y={y} width="18" height="20" rx="4" fill={c.body} />
          <circle cx={x} cy={y + 36} r="18" fill="#f8cf6a" />
        </g>
      ))}
    </>
  ),
  tent: (c) => (
    <>
      <ellipse cx="200" cy="300" rx="160" ry="18" fill={c.shade} opacity=".35" />
      <path d="M200 104 L344 300 H56 Z" fill={c.body} />
      <path d="M200 104 L344 300 H262 Z" fill={c.shade} />
      <path d="M200 158 L248 300 H152 Z" fill={CREAM} />
      <path d="M200 158 L248 300 H214 Z" fill={c.light} />
      <path d="M200 104 L190 88 M200 104 L214 90" {...line(WOOD_DARK, 6)} />
      <path d="M56 300 L30 312 M344 300 L372 312" {...line(c.shade, 4)} />
    </>
  ),
  backpack: (c) => (
    <>
      <path d="M160 112 Q200 62 240 112" {...line(c.shade, 13)} />
      <path d="M116 196 Q82 210 92 280 M284 196 Q318 210 308 280" {...line(c.shade, 15)} />
      <path
        d="M122 156 Q122 104 200 104 Q278 104 278 156 V288 Q278 312 254 312 H146 Q122 312 122 288 Z"
        fill={c.body}
      />
      <path d="M122 170 Q200 210 278 170 V156 Q278 104 200 104 Q122 104 122 156 Z" fill={c.light} />
      <rect x="148" y="222" width="104" height="72" rx="15" fill={c.shade} />
      <path d="M164 244 H236" {...line(c.light, 6)} />
      <rect x="190" y="180" width="20" height="32" rx="5" fill={WOOD} />
    </>
  ),
  bottle: (c) => (
    <>
      <path d="M176 98 Q200 66 224 98" {...line(c.shade, 10)} />
      <rect x="170" y="92" width="60" height="40" rx="9" fill={c.shade} />
      <path
        d="M158 158 Q158 130 178 130 H222 Q242 130 242 158 V296 Q242 316 222 316 H178 Q158 316 158 296 Z"
        fill={c.body}
      />
      <path d="M170 162 V292" {...line(c.light, 9)} />
      <path d="M158 230 H242 V268 H158 Z" fill={CREAM} opacity=".85" />
      <path d="M176 258 l18 -20 l14 13 l12 -9 l10 16" {...line(c.shade, 4)} />
    </>
  ),
  blanket: (c) => (
    <>
      <path d="M86 176 H304 Q324 176 324 198 V268 Q324 292 300 292 H86 Z" fill={c.body} />
      <path
        d="M86 176 Q62 178 62 204 Q62 230 86 230 H300 Q324 230 324 206 V268 Q324 292 300 292 H86 Q62 292 62 262 V204"
        fill={c.shade}
        opacity=".55"
      />
      <path d="M120 176 V292 M158 176 V292 M262 176 V292" {...line(c.light, 8)} opacity=".8" />
      <path d="M86 204 H322 M76 262 H318" {...line(CREAM, 5)} opacity=".7" />
      {[90, 118, 146, 174, 202, 230, 258, 286].map((x) => (
        <path key={x} d={`M${x} 292 v16`} {...line(c.light, 5)} />
      ))}
    </>
  ),
  chair: (c) => (
    <>
      <path d="M120 314 L254 214 M280 314 L146 214 M104 262 L96 316 M296 262 L304 316" {...line(STEEL, 9)} />
      <path d="M118 102 Q200 128 282 102 L296 222 Q200 256 104 222 Z" fill={c.body} />
      <path d="M104 222 Q200 256 296 222 L308 258 Q200 292 92 258 Z" fill={c.shade} />
      <path d="M128 128 Q200 150 272 128" {...line(c.light, 7)} />
    </>
  ),
  stove: (c) => (
    <>
      <rect x="136" y="246" width="128" height="74" rx="26" fill={c.body} />
      <rect x="136" y="270" width="128" height="18" fill={c.light} />
      <rect x="186" y="200" width="28" height="48" rx="6" fill={STEEL} />
      <path d="M214 222 h52 q10 0 10 10" {...line(STEEL, 8)} />
      <path d="M142 200 H258 M152 200 L124 160 M248 200 L276 160 M200 200 V164" {...line(c.shade, 9)} />
      <path d="M170 158 q-14 -26 6 -46 q2 18 12 24 q-2 -34 20 -52 q0 28 16 40 q12 14 4 34" fill="#e9813f" />
      <path d="M188 158 q-6 -18 12 -34 q14 16 10 34" fill={GLOW} />
    </>
  ),
  notebook: (c) => (
    <g transform="rotate(-8 200 200)">
      <rect x="126" y="96" width="168" height="220" rx="12" fill={c.shade} />
      <rect x="134" y="100" width="160" height="212" rx="8" fill={CREAM} />
      <rect x="118" y="90" width="168" height="220" rx="12" fill={c.body} />
      <rect x="150" y="130" width="104" height="56" rx="6" fill={CREAM} />
      <path d="M166 150 H238 M166 166 H214" {...line(c.shade, 5)} />
      <path d="M262 90 V310" {...line(c.light, 8)} />
    </g>
  ),
  pen: (c) => (
    <g transform="rotate(38 200 200)">
      <rect x="184" y="62" width="32" height="186" rx="10" fill={c.body} />
      <rect x="188" y="66" width="9" height="178" rx="4" fill={c.light} />
      <path d="M184 248 H216 L203 306 Q200 314 197 306 Z" fill={STEEL} />
      <rect x="184" y="206" width="32" height="8" fill={c.shade} />
      <path d="M216 74 h12 v86" {...line(c.shade, 7)} />
    </g>
  ),
  tray: (c) => (
    <>
      <ellipse cx="200" cy="252" rx="148" ry="64" fill={WOOD_DARK} />
      <ellipse cx="200" cy="240" rx="148" ry="64" fill={WOOD} />
      <ellipse cx="200" cy="238" rx="126" ry="49" fill="#b88d56" />
      <rect x="126" y="206" width="66" height="44" rx="9" fill={c.shade} transform="rotate(-14 160 228)" />
      <rect x="132" y="211" width="54" height="32" rx="5" fill="#9cc4d6" transform="rotate(-14 160 228)" />
      <circle cx="244" cy="226" r="17" {...line(STEEL, 7)} />
      <path d="M254 240 l26 22 m-8 -6 l8 -8 m-18 -2 l7 -7" {...line(STEEL, 7)} />
    </>
  ),
  clock: (c) => (
    <>
      <circle cx="200" cy="206" r="116" fill={c.shade} />
      <circle cx="200" cy="200" r="116" fill={c.body} />
      <circle cx="200" cy="200" r="96" fill={CREAM} />
      {Array.from({ length: 12 }, (_, hour) => (
        <path
          key={hour}
          d="M200 116 V126"
          {...line(c.shade, hour % 3 === 0 ? 7 : 3)}
          transform={`rotate(${hour * 30} 200 200)`}
        />
      ))}
      <path d="M200 200 L160 168 M200 200 L244 138" {...line(c.shade, 8)} />
      <circle cx="200" cy="200" r="8" fill={c.body} />
    </>
  ),
  headphones: (c) => (
    <>
      <path d="M104 236 V206 Q104 100 200 100 Q296 100 296 206 V236" {...line(c.shade, 20)} />
      <path d="M132 152 Q156 116 200 116" {...line(c.light, 6)} />
      <rect x="78" y="212" width="58" height="98" rx="27" fill={c.body} />
      <rect x="264" y="212" width="58" height="98" rx="27" fill={c.body} />
      <rect x="124" y="220" width="24" height="82" rx="12" fill={WOOD} />
      <rect x="252" y="220" width="24" height="82" rx="12" fill={WOOD} />
    </>
  ),
  shelf: (c) => (
    <>
      <rect x="120" y="104" width="160" height="104" rx="10" fill={c.shade} />
      <rect x="130" y="114" width="140" height="84" rx="4" fill={c.light} />
      <path d="M146 178 l30 -32 l24 22 l20 -16 l34 32" {...line(CREAM, 6)} />
      <path d="M184 208 h32 v22 h-32 Z" fill={c.shade} />
      <path d="M76 300 V252 Q76 230 98 230 H302 Q324 230 324 252 V300" {...line(WOOD, 19)} />
      <rect x="132" y="268" width="136" height="34" rx="6" fill={c.body} />
      <path d="M150 285 H250" {...line(c.light, 5)} />
    </>
  ),
};

/** A product picture. Decorative where a name stands beside it, hence no title by default. */
export function Art({
  kind,
  tone,
  title,
  plain = false,
}: {
  kind: ArtKind;
  tone: Tone;
  title?: string;
  plain?: boolean;
}) {
  return (
    <svg
      className={`art tone-${tone}`}
      viewBox="0 0 400 400"
      role={title === undefined ? "presentation" : "img"}
      aria-label={title}
      aria-hidden={title === undefined}
    >
      {!plain && <rect width="400" height="400" fill="var(--tone-back)" />}
      {!plain && <circle cx="310" cy="86" r="150" fill="var(--tone-sun)" />}
      {DRAWINGS[kind](COLOURS)}
    </svg>
  );
}
