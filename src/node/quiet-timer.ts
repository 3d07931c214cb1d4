/** Fires once after the signs have stopped for `quietMs`, at the latest `mostMs` after the first one. */
export function createQuietTimer(times: { quietMs: number; mostMs: number }, fire: () => void) {
  let quiet: NodeJS.Timeout | undefined
  let most: NodeJS.Timeout | undefined
  const cancel = (): void => {
    clearTimeout(quiet)
    clearTimeout(most)
    quiet = most = undefined
  }
  const ring = (): void => {
    cancel()
    fire()
  }
  return {
    sign(): void {
      clearTimeout(quiet)
      quiet = setTimeout(ring, times.quietMs)
      most ??= setTimeout(ring, times.mostMs)
    },
    /** True from the first sign until it fires. */
    isWaiting: () => most !== undefined,
    cancel,
  }
}
