import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { readOptions, type DaemonOptions } from '../../src/node/options.ts'

/** A data directory of one test, and the options of a node that lives in it. */
export interface NodeFiles {
  readonly directory: string
  readonly options: DaemonOptions
  /** The path of a file inside. */
  path(...names: string[]): string
  remove(): void
}

export function createNodeFiles(words: readonly string[] = []): NodeFiles {
  const directory = mkdtempSync(path.join(tmpdir(), 'hyrax-node-'))
  chmodSync(directory, 0o700)
  return {
    directory,
    options: readOptions(['--data-dir', directory, ...words], {}),
    path: (...names) => path.join(directory, ...names),
    remove: () => {
      rmSync(directory, { recursive: true, force: true })
    },
  }
}
