import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { hazardBeside } from "./hazard.mjs";

const SHARED = process.env.ATTUNE_SHARED ?? fileURLToPath(new URL("../../../shared", import.meta.url));
const percent = (share) => `${(share * 100).toFixed(2)} %`;
const linesOf = (file) => readFileSync(`${SHARED}/data/${file}`, "utf8").trim().split(/\r?\n/);
const rowsOf = (file) => linesOf(file).map((line) => line.split(","));

/** Click sessions, one after the other, as lists of items. */
function clickSessions() {
  const sessions = new Map();
  for (const line of linesOf("sequences/BMS.dat")) {
    const [session, item] = line.trim().split(/\s+/);
    const items = sessions.get(session);
    if (items === undefined) sessions.set(session, [item]);
    else items.push(item);
  }
  return [...sessions.values()];
}

/** Folds by session (its place modulo 14); every item after a session's first is asked for. */
function nextActions(ml, folds) {
  const sessions = clickSessions();
  const found = { asked: 0, first: 0, three: 0, baseline: 0 };
  for (let fold = 0; fold < folds; fold++) {
    const models = [ml.nextAction(), ml.nextAction({ order: 1, blend: "witten-bell" })];
    sessions.forEach((session, i) => {
      if (i % 14 !== fold) for (const model of models) model.learn(session);
    });
    sessions.forEach((session, i) => {
      if (i % 14 !== fold) return;
      for (let k = 1; k < session.length; k++) {
        const [told, plain] = models.map((model) => model.predict(session.slice(0, k)));
        found.asked++;
        if (told[0]?.action === session[k]) found.first++;
        if (told.some(({ action }) => action === session[k])) found.three++;
        if (plain[0]?.action === session[k]) found.baseline++;
      }
    });
  }
  const share = (count) => count / found.asked;
  return {
    asked: found.asked,
    top1: share(found.first),
    top3: share(found.three),
    firstOrder: share(found.baseline),
  };
}

/** Five folds by place; the label is a benchmark of what sessions give away, never a persona of the product. */
function personas(ml) {
  const [, ...rows] = rowsOf("pakdd15-sessions/train.csv");
  const sessions = rows.map(([, , , viewed, label]) => ({
    events: viewed.split(";").map((path) => path.split("/").filter((part) => part !== "")),
    persona: label,
  }));
  const counts = new Map();
  for (let fold = 0; fold < 5; fold++) {
    const model = ml.trainPersona(sessions.filter((_, i) => i % 5 !== fold));
    sessions.forEach(({ events, persona }, i) => {
      if (i % 5 !== fold) return;
      const tracker = ml.persona(model, { threshold: 0, minTokens: 0 });
      for (const event of events) tracker.observe(event);
      const count = counts.get(persona) ?? { right: 0, all: 0 };
      counts.set(persona, {
        right: count.right + (tracker.estimate.persona === persona),
        all: count.all + 1,
      });
    });
  }
  const all = [...counts.values()];
  return {
    accuracy: all.reduce((sum, { right }) => sum + right, 0) / sessions.length,
    balanced: all.reduce((sum, { right, all: of }) => sum + right / of, 0) / all.length,
    majority: Math.max(...all.map(({ all: of }) => of)) / sessions.length,
  };
}

const CATEGORIES = [
  ...[
    "marital_status",
    "application_mode",
    "application_order",
    "course",
    "previous_qualification",
    "nationality",
  ],
  ...["mothers_qualification", "fathers_qualification", "mothers_occupation", "fathers_occupation"],
];

/** Dropout against graduate, at enrolment and after the first semester: the mean of several seeds, by ten folds: nine rows in ten are learned from. */
function completion(ml, seeds) {
  const [head, ...rows] = rowsOf("student-dropout/train.csv");
  const ended = rows.filter((row) => row.at(-1) !== "Enrolled");
  const landmark = (name, holds) => {
    const features = head.filter((column) => column !== "target" && holds(column));
    return {
      ...{ name, features, categorical: CATEGORIES },
      points: ended.map((row) => features.map((feature) => Number(row[head.indexOf(feature)]))),
      labels: ended.map((row) => Number(row.at(-1) === "Graduate")),
    };
  };
  const points = [
    landmark("enrolment", (column) => !column.includes("curricular")),
    landmark("first-semester", (column) => !column.includes("2nd_sem")),
  ];
  const metadata = { name: "graduation", label: "graduates", purposes: [] };
  const judged = Array.from(
    { length: seeds },
    (_, i) => ml.trainSuccess(points, { metadata, folds: 10, seed: i + 1 }).landmarks,
  );
  return points.map(({ name }, at) => {
    const mean = (of) => judged.reduce((sum, landmarks) => sum + of(landmarks[at].metrics), 0) / seeds;
    return {
      ...{ name, accuracy: mean(({ accuracy }) => accuracy.value), auc: mean(({ auc }) => auc.value) },
      accuracies: judged.map((landmarks) => landmarks[at].metrics.accuracy.value),
      majority: judged[0][at].metrics.majority,
      ...{ ece: mean(({ ece }) => ece), eceByChance: mean(({ eceByChance }) => eceByChance) },
    };
  });
}

/** Channel of a client by what it spends, as it is: the mean over folds of several seeds, since one client is 0.23 %. */
function wholesale(ml, seeds) {
  const [, ...rows] = rowsOf("wholesale/wholesale_customers.csv");
  const labels = rows.map(([channel]) => Number(channel) - 1);
  const points = rows.map((row) => row.slice(2).map(Number));
  const metadata = {
    ...{ name: "channel", features: ["fresh", "milk", "grocery", "frozen", "detergents", "delicatessen"] },
    ...{ featuresVersion: null, purposes: [], label: "retail", outputs: ["probability"], trainedOn: null },
  };
  const judged = Array.from({ length: seeds }, (_, i) => {
    const train = ({ points: some, labels: own, columns }) =>
      ml.trainBlend(some, own, { columns, metadata, seed: i + 1 }).trained;
    return ml.metrics(ml.crossValidate(points, labels, { train, seed: i + 1 }).scores, labels);
  });
  const mean = (of) => judged.reduce((sum, one) => sum + of(one), 0) / seeds;
  return {
    ...{ seeds, accuracy: mean(({ accuracy }) => accuracy.value), ece: mean(({ ece }) => ece) },
    ...{ auc: mean(({ auc }) => auc.value), majority: judged[0].majority },
  };
}

/** @param {() => Promise<typeof import("@attune/ml")>} load The built package, when it is there. */
export const learnerProofs = (load, { short }) => {
  const proof = (name, file, run) => ({
    name: `learners ${name}`,
    async run() {
      if (!existsSync(`${SHARED}/data/${file}`)) return { left: `no ${file} at ATTUNE_SHARED or ../shared` };
      return run(await load());
    },
  });
  return [
    proof("next-action: of click sessions, 14-fold, top-1 at least 0.355", "sequences/BMS.dat", (ml) => {
      const figures = nextActions(ml, short ? 1 : 14);
      const { top1, top3, firstOrder, asked } = figures;
      return {
        ...(top1 < 0.355 && { problem: `top-1 ${percent(top1)}` }),
        summary: `${asked.toLocaleString("en")} next items: top-1 ${percent(top1)}, top-3 ${percent(top3)}; first-order ${percent(firstOrder)}`,
        figures,
      };
    }),
    proof(
      "persona: at least 86 %, balanced 0.77, from sessions alone",
      "pakdd15-sessions/train.csv",
      (ml) => {
        const figures = personas(ml);
        const { accuracy, balanced, majority } = figures;
        return {
          ...((accuracy < 0.86 || balanced < 0.77) && { problem: "below what is promised" }),
          summary: `accuracy ${percent(accuracy)}, balanced ${percent(balanced)}; majority ${percent(majority)}`,
          figures,
        };
      },
    ),
    proof("completion: 79 % at enrolment, 89 % after a semester", "student-dropout/train.csv", (ml) => {
      const figures = completion(ml, short ? 1 : 3);
      const [start, later] = figures;
      return {
        ...((start.accuracy < 0.79 || later.accuracy < 0.89) && {
          problem: figures.map(({ name, accuracy }) => `${name} ${percent(accuracy)}`).join(", "),
        }),
        summary: figures
          .map(
            (one) =>
              `${one.name} ${percent(one.accuracy)} (${one.accuracies.map(percent).join(", ")}; majority ${percent(one.majority)}), AUC ${one.auc.toFixed(4)}, ECE ${one.ece.toFixed(4)}, ${one.eceByChance.toFixed(4)} by chance`,
          )
          .join("; "),
        figures,
      };
    }),
    {
      name: "learners landmarks: beside a discrete-time hazard, of simulated people with a planted one: at most 0.005 nats behind where it is right",
      async run() {
        const ml = await load();
        const figures = (short ? [300] : [300, 3000]).flatMap((count) =>
          hazardBeside(ml, { count, repeats: short ? 5 : 20 }),
        );
        const behind = figures.filter(({ mean }) => mean < -0.005);
        const told = ({ world, landmark, count, mean, error }) =>
          `${world}, landmark ${landmark}, of ${count}: ${mean.toFixed(4)} ± ${error.toFixed(4)}`;
        return {
          ...(behind.length > 0 && { problem: behind.map(told).join("; ") }),
          summary: `log-loss of the hazard less that of the landmark models (mean ± standard error): ${figures.map(told).join("; ")}`,
          figures,
        };
      },
    },
    proof("wholesale: channel from spend, at least 92 %", "wholesale/wholesale_customers.csv", (ml) => {
      const figures = wholesale(ml, short ? 2 : 10);
      return {
        ...(figures.accuracy < 0.92 && { problem: `accuracy ${percent(figures.accuracy)}` }),
        summary: `mean of ${figures.seeds} seeds: accuracy ${percent(figures.accuracy)}, AUC ${figures.auc.toFixed(4)}, majority ${percent(figures.majority)}, ECE ${figures.ece.toFixed(4)}`,
        figures,
      };
    }),
  ];
};
