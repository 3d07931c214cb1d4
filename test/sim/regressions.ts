/**
 * Seeds that once failed: they run for ever. A failing seed of the simulation, of a life or of a campaign joins its list,
 * with what it found.
 */
export const regressions: {
  readonly world: readonly { readonly seed: number; readonly found: string }[]
  readonly life: readonly { readonly seed: number; readonly found: string }[]
} = {
  world: [
    { seed: 4, found: 'a device whose admission had become void was never told' },
    { seed: 20, found: 'two nodes that held each other for removed never heard the truth' },
  ],
  life: [],
}
