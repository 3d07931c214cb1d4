import type { HyraxError } from '../base/index.ts'

/**
 * The upgrader turns every failure of a layer into one with the layer's message and nothing else. The one thing it
 * hands through from a dial to the layers is `onProgress`, so a layer that knows better says so there.
 */
const reportEvent = 'hyrax:dial-failed'

/** Called by a layer, with the options it was given: the dial will fail with this error. */
export function reportToDial(options: object | undefined, error: HyraxError): void {
  const onProgress = (options as { onProgress?: (event: Event) => void } | undefined)?.onProgress
  onProgress?.(new CustomEvent(reportEvent, { detail: error }))
}

/** Collects what layers report during one dial. */
export function createDialReport(): { onProgress: (event: Event) => void; readonly error: HyraxError | undefined } {
  let error: HyraxError | undefined
  return {
    onProgress(event) {
      if (event.type === reportEvent) error ??= (event as CustomEvent<HyraxError>).detail
    },
    get error() {
      return error
    },
  }
}
