import { requireInput } from "./check.js";

/** Estimates of the same thing in several groups, such as an effect by country, and how sure each is. */
export interface GroupEstimates {
  readonly values: readonly number[];
  /** Standard errors, each above 0. */
  readonly errors: readonly number[];
}

/** Each group drawn towards the mean of all, the more the less is known of it. */
export interface Shrunk {
  /** The mean over groups, and its standard deviation. */
  readonly mean: number;
  readonly meanSd: number;
  readonly values: readonly number[];
  /** Standard deviations of the values. */
  readonly sds: readonly number[];
}

function requireGroups({ values, errors }: GroupEstimates): void {
  requireInput(values.length > 0, "/values", "Give at least one group.");
  requireInput(values.length === errors.length, "/errors", "Give a standard error for each value.");
  for (const [i, value] of values.entries())
    requireInput(Number.isFinite(value), `/values/${i}`, "Give a finite value.");
  for (const [i, error] of errors.entries())
    requireInput(Number.isFinite(error) && error > 0, `/errors/${i}`, "Give a standard error above 0.");
}

/**
 * What is believed of each group when the true values vary by a standard deviation τ around a mean of which nothing was known before (Gelman et al. 2013,
 * "Bayesian Data Analysis", eq. 5.17 to 5.20).
 *
 * @throws AttuneError `ATTUNE_STATS_INPUT`
 */
export function shrinkTowardsMean(groups: GroupEstimates, tau: number): Shrunk {
  requireGroups(groups);
  requireInput(Number.isFinite(tau) && tau >= 0, "/tau", "Give a standard deviation of 0 or more.");
  return shrink(groups, tau);
}

function shrink({ values, errors }: GroupEstimates, tau: number): Shrunk {
  const between = tau * tau;
  let [precision, weighted] = [0, 0];
  for (const [i, error] of errors.entries()) {
    const weight = 1 / (error * error + between);
    precision += weight;
    weighted += weight * (values[i] as number);
  }
  const mean = weighted / precision;
  const meanVariance = 1 / precision;
  const shares = errors.map((error) => between / (error * error + between));
  return {
    mean,
    meanSd: Math.sqrt(meanVariance),
    values: values.map((value, i) => (shares[i] as number) * value + (1 - (shares[i] as number)) * mean),
    sds: errors.map((error, i) => {
      const share = shares[i] as number;
      return Math.sqrt(share * error * error + (1 - share) ** 2 * meanVariance);
    }),
  };
}

export interface EmpiricalBayes extends Shrunk {
  /** Variance between groups that their spread speaks for; 0 where it is no larger than chance. */
  readonly betweenVariance: number;
  /** Cochran's Q. */
  readonly heterogeneity: number;
}

/**
 * The same with τ² estimated from the groups themselves by the method of moments (DerSimonian and Laird 1986). Quick; `fullBayesGroups` also allows for what is not known of τ.
 *
 * @throws AttuneError `ATTUNE_STATS_INPUT`
 */
export function empiricalBayesGroups(groups: GroupEstimates): EmpiricalBayes {
  requireGroups(groups);
  const { values, errors } = groups;
  const pooled = shrink(groups, 0);
  const weights = errors.map((error) => 1 / (error * error));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const squares = weights.reduce((sum, weight) => sum + weight * weight, 0);
  const heterogeneity = weights.reduce(
    (sum, weight, i) => sum + weight * ((values[i] as number) - pooled.mean) ** 2,
    0,
  );
  const room = total - squares / total;
  const betweenVariance = room > 0 ? Math.max(0, (heterogeneity - (values.length - 1)) / room) : 0;
  return { ...shrink(groups, Math.sqrt(betweenVariance)), betweenVariance, heterogeneity };
}

/**
 * The same with nothing known of τ before but that it is not negative (a uniform prior, proper for three groups and more), integrated out by quadrature (eq. 5.21): what each τ
 * implies, weighted by how well it explains the groups.
 *
 * @throws AttuneError `ATTUNE_STATS_INPUT` also for fewer than three groups
 */
export function fullBayesGroups(groups: GroupEstimates): Pick<Shrunk, "mean" | "values"> & { tau: number } {
  requireGroups(groups);
  const { values, errors } = groups;
  requireInput(
    values.length >= 3,
    "/values",
    "Give at least three groups: with fewer nothing bounds how far they vary.",
  );
  const scale = Math.max(spreadOf(values), Math.min(...errors));
  const sums = new Float64Array(values.length);
  let [mass, mean, tauSum, highest] = [0, 0, 0, Number.NEGATIVE_INFINITY];
  // τ = scale eˢ: its density falls off at both ends, so equal steps of s converge faster than any power of the step.
  for (let s = -30; s <= 25; s += 0.02) {
    const tau = scale * Math.exp(s);
    const at = shrink(groups, tau);
    const log = logDensityOfTau(groups, tau, at) + Math.log(tau);
    if (log > highest) {
      const rescale = Math.exp(highest - log);
      for (let i = 0; i < sums.length; i++) sums[i] = (sums[i] as number) * rescale;
      [mass, mean, tauSum, highest] = [mass * rescale, mean * rescale, tauSum * rescale, log];
    }
    const weight = Math.exp(log - highest);
    mass += weight;
    mean += weight * at.mean;
    tauSum += weight * tau;
    for (const [i, value] of at.values.entries()) sums[i] = (sums[i] as number) + weight * value;
  }
  return { mean: mean / mass, tau: tauSum / mass, values: Array.from(sums, (sum) => sum / mass) };
}

function logDensityOfTau({ values, errors }: GroupEstimates, tau: number, { mean, meanSd }: Shrunk): number {
  let log = Math.log(meanSd);
  for (const [i, error] of errors.entries()) {
    const variance = error * error + tau * tau;
    log -= 0.5 * Math.log(variance) + ((values[i] as number) - mean) ** 2 / (2 * variance);
  }
  return log;
}

function spreadOf(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}
