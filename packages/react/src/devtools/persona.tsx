import type { Persona } from "@attune/core";
import type { DevtoolsMessages } from "./messages/types.js";
import { useRuleset } from "./use-ruleset.js";

export interface PersonaChoiceProps {
  messages: DevtoolsMessages;
  personas: Readonly<Record<string, Persona>>;
  /** Who the page is looked at as; null: the visitor. */
  persona: Persona | null;
  become(persona: Persona | null): void;
}

/** Makes the page decide as for somebody else: one of the host's personas, or whoever is in the chosen segments. */
export function PersonaChoice({ messages, personas, persona, become }: PersonaChoiceProps) {
  const segments = (useRuleset()?.segments ?? []).map(({ name }) => name);
  const chosen = persona?.segments ?? [];
  const toggle = (name: string, on: boolean): void =>
    become({ ...persona, segments: on ? [...chosen, name] : chosen.filter((other) => other !== name) });
  return (
    <section aria-labelledby="attune-devtools-persona">
      <h3 id="attune-devtools-persona">{messages.persona}</h3>
      <p>{messages.personaAbout}</p>
      <p className="attune-devtools-row">
        {Object.entries(personas).map(([name, somebody]) => (
          <button
            key={name}
            type="button"
            aria-pressed={persona === somebody}
            onClick={() => become(somebody)}
          >
            {name}
          </button>
        ))}
        <button type="button" disabled={persona === null} onClick={() => become(null)}>
          {messages.nobodyElse}
        </button>
      </p>
      {segments.length > 0 && (
        <fieldset>
          <legend>{messages.personaSegments}</legend>
          {segments.map((name) => (
            <label key={name}>
              <input
                type="checkbox"
                checked={chosen.includes(name)}
                onChange={({ target }) => toggle(name, target.checked)}
              />
              {name}
            </label>
          ))}
        </fieldset>
      )}
    </section>
  );
}
