import type { FileReport } from "../analyze/analyze-file.js";
import type { Found } from "../analyze/unit-table.js";
import { number } from "./terminal.js";

/** Of rows no more are named. */
const SHOWN = 10;

const rowsOf = ({ rows, count }: Found): string =>
  `row${count === 1 ? "" : "s"} ${rows.join(", ")}${count > rows.length ? ", …" : ""}`;

/** What was found in the file itself, in words. */
export function fileWords(file: FileReport): string[] {
  const { rows, units, kind, broken, withoutVariant, withoutUser, missing, unreadable } = file;
  const words = [
    `${number(rows)} rows, ${number(units)} ${kind === "users" ? "users" : "units"} that take part`,
  ];
  if (broken.count > 0)
    words.push(`${number(broken.count)} rows cannot be read and are left out (${rowsOf(broken)})`);
  if (withoutVariant.count > 0)
    words.push(
      `${number(withoutVariant.count)} rows have no variant and are left out (${rowsOf(withoutVariant)})`,
    );
  if (withoutUser !== null && withoutUser.count > 0)
    words.push(`${number(withoutUser.count)} rows have no user and are left out (${rowsOf(withoutUser)})`);
  words.push(...repeatedWords(file));
  for (const [metric, found] of Object.entries(unreadable))
    words.push(
      kind === "users"
        ? `${metric}: ${number(found.count)} values are none and are left out of it (${rowsOf(found)})`
        : `${number(found.count)} rows with numbers that are missing or none are left out (${rowsOf(found)})`,
    );
  for (const [metric, found] of Object.entries(missing))
    words.push(
      `${metric}: ${number(found.count)} values are missing and are left out of it (${rowsOf(found)}); write 0 where that is what they mean`,
    );
  for (const dimension of file.tooManyGroups)
    words.push(`${dimension} has more than 50 values: too many groups to break anything down by`);
  if (file.weightsAssumed)
    words.push("Shares were taken to be even; say otherwise with --weights, or the split is judged wrongly");
  if (file.controlAssumed) words.push("The control was chosen by its name; name another with --control");
  return words;
}

function repeatedWords({ repeated, kind }: FileReport): string[] {
  if (repeated === null)
    return kind === "users"
      ? ["No column of users was named, so users who are there twice cannot be found"]
      : [];
  const { users, rows, same, inTwoVariants, examples, examplesInTwo } = repeated;
  const words: string[] = [];
  if (users > 0)
    words.push(
      `DUPLICATES: ${number(users)} users have several rows in one variant, ${number(rows)} beyond the first, of which ${number(same)} say the same (rows ${examples.join(", ")}${rows > examples.length ? ", …" : ""}); each user counts once`,
    );
  if (inTwoVariants > 0)
    words.push(
      `IN TWO VARIANTS: ${number(inTwoVariants)} users were in more than one variant and are left out (rows ${examplesInTwo.join(", ")}${examplesInTwo.length >= SHOWN ? ", …" : ""}); find out how, since assignment is not to change`,
    );
  if (words.length === 0) words.push("no user is there twice");
  return words;
}
