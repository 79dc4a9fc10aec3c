import { AttuneError } from "../../kernel/errors.js";
import type { SeriesRow } from "../../ports/series.js";
import type { ServiceContext } from "../context.js";
import type { FigureQuery } from "../options.js";
import { type Figure, FIGURES, figureNames, MINUTE_MS } from "./figures.js";

/** @throws AttuneError `ATTUNE_SERVICE_SERIES_QUERY` for what is not kept, `ATTUNE_SERIES_QUERY` for a range or window that is none. */
function checked({ figure: name, windowMs, where = {}, by = [] }: FigureQuery): Figure {
  const refuse = (path: string, message: string): AttuneError =>
    new AttuneError("ATTUNE_SERVICE_SERIES_QUERY", message, { path });
  if (!Object.hasOwn(FIGURES, name))
    throw refuse("/figure", `There is no figure of this name; there are: ${figureNames.join(", ")}.`);
  const figure: Figure = FIGURES[name];
  if (windowMs % MINUTE_MS !== 0)
    throw refuse("/windowMs", "Figures are kept by minute: give windowMs in whole minutes (60000).");
  for (const [path, tags] of [
    ["/where", Object.keys(where)],
    ["/by", by],
  ] as const)
    if (!tags.every((tag) => figure.by.includes(tag)))
      throw refuse(
        path,
        figure.by.length === 0
          ? `${name} cannot be told apart any further.`
          : `${name} can be told apart by ${figure.by.join(" and ")} only.`,
      );
  return figure;
}

/** Null without a series. What is folded is in it some seconds later. */
export async function readFigure(
  { series }: Pick<ServiceContext, "series">,
  site: string,
  query: FigureQuery,
): Promise<SeriesRow[] | null> {
  const { name, field } = checked(query);
  if (series === null) return null;
  const { from, to, windowMs, where, by = [] } = query;
  return series.query({
    name,
    field,
    from,
    to,
    windowMs,
    by,
    aggregate: "sum",
    where: { ...where, site },
  });
}
