/**
 * What the histories need of fast-check (4 or newer): hand in the module itself, `storeHistories({ describe, it }, fc, …)`. It is described
 * here and not imported, so that who only uses fakes or conformance suites does not need it, not even for types.
 */
export interface FastCheck {
  integer(range: { min: number; max: number }): Arbitrary<number>;
  constantFrom<T>(...values: T[]): Arbitrary<T>;
  option<T>(item: Arbitrary<T>, constraints: { nil: undefined }): Arbitrary<T | undefined>;
  array<T>(item: Arbitrary<T>, constraints: ArrayConstraints): Arbitrary<T[]>;
  record<T>(model: { [K in keyof T]: Arbitrary<T[K]> }): Arbitrary<T>;
  oneof<T>(...choices: Weighted<T>[]): Arbitrary<T>;
  asyncProperty<T>(input: Arbitrary<T>, predicate: (input: T) => Promise<void>): Property;
  assert(property: Property, parameters: CheckParameters): Promise<void>;
}

export interface Arbitrary<T> {
  map<U>(mapper: (value: T) => U): Arbitrary<U>;
}

interface CheckParameters {
  numRuns: number;
  seed?: number;
  interruptAfterTimeLimit: number;
  markInterruptAsFailure: true;
}
interface ArrayConstraints {
  minLength: number;
  maxLength: number;
  /** `max`: as long as `maxLength`, where fast-check would keep to about ten. */
  size?: "max";
}
interface Weighted<T> {
  arbitrary: Arbitrary<T>;
  weight: number;
}
export interface Property {
  runBeforeEach(): unknown;
}
