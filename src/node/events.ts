/** What `ax watch` shows: something happened, with data for people. */
export interface NodeEvent {
  readonly at: string
  readonly topic: 'peers' | 'team' | 'settings' | 'pending'
  readonly event: string
  readonly data: Record<string, unknown>
}

/** Hands events to whoever watches. Watchers that do not keep up lose the oldest, never memory. */
export interface Events {
  emit(topic: NodeEvent['topic'], event: string, data: Record<string, unknown>): void
  /** False while nobody watches. */
  isWatched(): boolean
  watch(topics: readonly string[] | undefined, signal: AbortSignal): AsyncIterable<NodeEvent>
}

const queuedMax = 1_000

export function createEvents(now: () => number): Events {
  const watchers = new Set<(event: NodeEvent) => void>()
  return {
    emit(topic, event, data) {
      const at = new Date(now()).toISOString()
      for (const watcher of watchers) watcher({ at, topic, event, data })
    },
    isWatched: () => watchers.size > 0,
    async *watch(topics, signal) {
      const queue: NodeEvent[] = []
      let wake = (): void => undefined
      const take = (event: NodeEvent): void => {
        if (topics !== undefined && !topics.includes(event.topic)) return
        if (queue.length === queuedMax) queue.shift()
        queue.push(event)
        wake()
      }
      const stop = (): void => {
        wake()
      }
      watchers.add(take)
      signal.addEventListener('abort', stop)
      try {
        while (!signal.aborted) {
          const next = queue.shift()
          if (next !== undefined) yield next
          else
            await new Promise<void>((resolve) => {
              wake = resolve
            })
        }
      } finally {
        watchers.delete(take)
        signal.removeEventListener('abort', stop)
      }
    },
  }
}
