import type { OptionalPurpose } from "../types.js";

/**
 * Which purposes of the Transparency and Consent Framework (IAB Europe, TCF Policies, appendix A) stand for which of ours. A purpose of ours
 * is allowed where all of these are, and says yes to exactly these; beside 1 no purpose is in two lists, so that nothing is widened by going there
 * and back.
 *
 * - 1 (store and/or access information on a device) is needed for each: all of ours keep something on the device.
 * - `analytics`: 8 (measure content performance) is what is clicked, 9 (understand audiences through statistics) is how many come.
 * - `personalization`: 5 (create profiles to personalise content) and 6 (use profiles to select personalised content).
 * - `marketing`: 2 (use limited data to select advertising) and 7 (measure advertising performance): the campaign that brought a visitor, and what
 *   came of it. No profile.
 * - `advertising`: 3 (create profiles for personalised advertising) and 4 (use profiles to select personalised advertising).
 *
 * 10 (develop and improve services) and 11 (use limited data to select content) are in no list: nothing here develops services out of visitors' data, and
 * what is selected by the page, the device or the hour alone needs no purpose of ours. Only consent counts, never legitimate interest:
 * purpose 1 has none in the framework either.
 */
export const TCF_PURPOSES: Readonly<Record<OptionalPurpose, readonly number[]>> = {
  analytics: [1, 8, 9],
  personalization: [1, 5, 6],
  marketing: [1, 2, 7],
  advertising: [1, 3, 4],
};
