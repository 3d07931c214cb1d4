/**
 * Seeds that once failed: they run for ever. A failing seed of the simulation, of a life or of a campaign joins its list,
 * with what it found.
 */
export const regressions: {
  readonly world: readonly { readonly seed: number; readonly isWide?: true; readonly found: string }[]
  readonly life: readonly { readonly seed: number; readonly found: string }[]
} = {
  world: [
    { seed: 4, isWide: true, found: 'a device whose admission had become void was never told' },
    { seed: 20, isWide: true, found: 'two nodes that held each other for removed never heard the truth' },
    { seed: 40, isWide: true, found: 'a leave that nobody on duty could confirm was never confirmed' },
    { seed: 2009, isWide: true, found: 'a member that had heard nobody was taken to owe a confirmation' },
    { seed: 2057, isWide: true, found: 'a removed device never learned that it was out' },
    { seed: 2440, isWide: true, found: 'a member that had heard nobody was taken to owe a confirmation' },
    { seed: 3104, found: 'an old disk that met another old disk first turned away who knew more' },
    { seed: 32173, found: 'an old disk that met another old disk first turned away who knew more' },
    { seed: 371, found: 'what was granted to who did not know us for a member yet was lost for good' },
    { seed: 52923, found: 'who had heard nobody never told who was out by a fork' },
    { seed: 52976, found: 'who was out by a fork of forks was never told by which command' },
  ],
  life: [],
}
