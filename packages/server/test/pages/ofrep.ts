import { OFREPWebProvider } from "@openfeature/ofrep-web-provider";
import { OpenFeature, type Provider, ProviderEvents } from "@openfeature/web-sdk";

/** OpenFeature's web SDK with its own provider for the protocol, as a page has it from npm. */
Object.assign(globalThis, {
  async openFeature(writeKey: string, baseUrl: string, context: Record<string, string>) {
    const changed: string[] = [];
    await OpenFeature.setContext(context);
    await OpenFeature.setProviderAndWait(
      new OFREPWebProvider({
        baseUrl,
        headers: [["authorization", `Bearer ${writeKey}`]],
        pollInterval: 200,
        // It would keep flags on the device, which is for consent to allow.
        cacheMode: "disabled",
        // Its types allow `hooks` to be undefined, the SDK's do not.
      }) as Provider,
    );
    const client = OpenFeature.getClient();
    client.addHandler(ProviderEvents.ConfigurationChanged, (event) => {
      changed.push(...(event?.flagsChanged ?? []));
    });
    Object.assign(globalThis, {
      changed: () => changed,
      flag: (name: string) => client.getStringDetails(name, "default"),
      become: (next: Record<string, string>) => OpenFeature.setContext(next),
    });
  },
});
