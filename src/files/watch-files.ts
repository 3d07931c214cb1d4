import { unwatchFile, watch, watchFile, type FSWatcher, type Stats } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import { limits } from '../base/index.ts'

/** A watch that goes on until it is closed. */
export interface FileWatch {
  close(): void
}

/**
 * Calls `onSign` with the path at each sign that one of the files was changed, made or removed: at once where the
 * system tells, else by a look each second at inode, size and time. Several signs may come for one change; what
 * stands in the file is for the caller to read and compare. The directories must exist.
 */
export function watchFiles(paths: readonly string[], onSign: (path: string) => void): FileWatch {
  const watched = paths.map((path) => resolve(path))
  const polls = watched.map((path) => pollFile(path, onSign))
  const directories = [...new Set(watched.map((path) => dirname(path)))]
  const watchers = directories.map((directory) => watchDirectory(directory, watched, onSign))
  return {
    close() {
      for (const poll of polls) poll.close()
      for (const watcher of watchers) watcher?.close()
    },
  }
}

function pollFile(path: string, onSign: (path: string) => void): FileWatch {
  const listener = (now: Stats, before: Stats) => {
    if (now.ino !== before.ino || now.size !== before.size || now.mtimeMs !== before.mtimeMs) onSign(path)
  }
  watchFile(path, { interval: limits.listPollMs, persistent: false }, listener)
  return { close: () => unwatchFile(path, listener) }
}

/** A directory, not the file: an atomic replace gives the name to another inode, and a watch of the file would be deaf. */
function watchDirectory(directory: string, watched: string[], onSign: (path: string) => void): FSWatcher | undefined {
  try {
    const watcher = watch(directory, { persistent: false }, (_, name) => {
      const changed = watched.find((path) => dirname(path) === directory && (name === null || basename(path) === name))
      if (changed !== undefined) onSign(changed)
    })
    // No more watches left on this machine, or the directory went away: the poll still sees what changes.
    watcher.on('error', () => watcher.close())
    return watcher
  } catch {
    return undefined
  }
}
