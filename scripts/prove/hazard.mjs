import { normal, randomOf } from "./simulated-experiments.mjs";

/*
 * Landmark models (one for each moment, of who is still there) beside a discrete-time hazard (one logistic regression on person-periods with a step for each period; what is known at a moment is carried
 * forward, success is to drop out in none of the periods to come), on simulated people whose hazard is planted: in one kind of world what matters is the same in each period, which is what the hazard model assumes, in the other it changes.
 */

const PERIODS = 4;
const logistic = (x) => 1 / (1 + Math.exp(-x));
const WORLDS = {
  "the same effects in each period": [1, 1, 1, 1],
  "effects that change": [1.4, 0.8, 0.1, -0.6],
};

/** What is known of each person at the start of each period that they reach, and whether they get through. */
function people(random, count, effects) {
  return Array.from({ length: count }, () => {
    const fixed = [normal(random), normal(random)];
    let progress = normal(random);
    const known = [];
    for (let t = 0; t < PERIODS; t++) {
      known.push([...fixed, progress]);
      const hazard = logistic(-1.6 + 0.15 * t + effects[t] * (0.8 * fixed[0] - 0.9 * progress));
      if (random() < hazard) return { known, success: 0 };
      progress += 0.5 * normal(random);
    }
    return { known, success: 1 };
  });
}

const metadata = (columns) => ({
  ...{ name: "stays", features: Array.from({ length: columns }, (_, j) => `x${j}`), featuresVersion: null },
  ...{ purposes: [], label: "stays", outputs: ["probability"], trainedOn: null },
});

function learned(ml, points, labels) {
  const options = { metadata: metadata(points[0].length) };
  const score = ml.compileModel(ml.trainLogistic(points, labels, options).trained);
  return (row) => score(Float64Array.from(row))[0];
}

const withTime = (row, t) => [...row, ...Array.from({ length: PERIODS - 1 }, (_, k) => Number(t === k + 1))];

/** Log-loss of both at one landmark, of people that neither had seen. */
function compared(ml, { seen, asked, hazard }, landmark) {
  const there = (all) => all.filter(({ known }) => known.length > landmark);
  const own = there(seen);
  const model = learned(
    ml,
    own.map(({ known }) => known[landmark]),
    own.map(({ success }) => success),
  );
  const labels = there(asked).map(({ success }) => success);
  const rows = there(asked).map(({ known }) => known[landmark]);
  const stays = (row) => {
    let all = 1;
    for (let t = landmark; t < PERIODS; t++) all *= 1 - hazard(withTime(row, t));
    return all;
  };
  return [model, stays].map((of) => ml.metrics(rows.map(of), labels).logLoss.value);
}

/** Mean differences of the log-loss, hazard less landmark, with their standard errors: above 0 the landmark models tell better. */
export function hazardBeside(ml, { count, repeats }) {
  return Object.entries(WORLDS).flatMap(([world, effects]) =>
    [0, 2].map((landmark) => {
      const differences = Array.from({ length: repeats }, (_, repeat) => {
        const random = randomOf(repeat + 1);
        const [seen, asked] = [people(random, count, effects), people(random, 4000, effects)];
        const periods = seen.flatMap(({ known, success }) =>
          known.map((row, t) => [withTime(row, t), Number(success === 0 && t === known.length - 1)]),
        );
        const hazard = learned(
          ml,
          periods.map(([row]) => row),
          periods.map(([, label]) => label),
        );
        const [of, beside] = compared(ml, { seen, asked, hazard }, landmark);
        return beside - of;
      });
      const mean = differences.reduce((sum, value) => sum + value, 0) / repeats;
      const squares = differences.reduce((sum, value) => sum + (value - mean) ** 2, 0);
      return { world, landmark, count, mean, error: Math.sqrt(squares / (repeats - 1) / repeats) };
    }),
  );
}
