import type { PrivacyMessages } from "./messages/types.js";
import type { PrivacyCenter } from "./use-privacy-center.js";

/** Gives a text to the visitor as a file. */
function save(text: string, name: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // Some browsers begin to read it only after the click has been dealt with.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** Everything that is kept, as a file. */
export function PrivacyTake({
  center: { take, taking },
  messages: { take: say, busy },
  fileName,
}: {
  center: PrivacyCenter;
  messages: PrivacyMessages;
  fileName: string;
}) {
  const download = (): Promise<void> =>
    take((everything) => save(JSON.stringify(everything, null, 2), fileName));
  return (
    <>
      <p>{say.text}</p>
      <button
        type="button"
        className="attune-consent-button"
        aria-disabled={taking === "busy"}
        onClick={() => taking !== "busy" && void download()}
      >
        {say.button}
      </button>
      <p role="status">{taking === "idle" ? "" : taking === "busy" ? busy : say[taking]}</p>
    </>
  );
}
