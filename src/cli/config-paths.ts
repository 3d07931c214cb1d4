import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Environment } from './global-options.ts'

/** Where `ax` keeps its own things (`CLI.md` 4). */
export interface ConfigPaths {
  readonly directory: string
  readonly keys: string
  readonly knownNodes: string
}

export function configPaths(environment: Environment): ConfigPaths {
  const directory = configDirectory(environment)
  return { directory, keys: join(directory, 'keys'), knownNodes: join(directory, 'known_nodes') }
}

function configDirectory(environment: Environment): string {
  const own = environment['AX_CONFIG_DIR']
  if (own !== undefined && own !== '') return own
  const xdg = environment['XDG_CONFIG_HOME']
  const base = xdg !== undefined && xdg.startsWith('/') ? xdg : join(environment['HOME'] ?? homedir(), '.config')
  return join(base, 'hyrax')
}

/** Sockets of a node on this machine, in the order in which they are tried. */
export function localSockets(environment: Environment): readonly string[] {
  const state = environment['XDG_STATE_HOME'] ?? join(environment['HOME'] ?? homedir(), '.local/state')
  const runtime = environment['XDG_RUNTIME_DIR']
  const directories = [
    environment['AX_DATA_DIR'],
    runtime === undefined || runtime === '' ? undefined : join(runtime, 'hyrax'),
    '/run/hyrax',
    join(state, 'hyrax/node'),
  ]
  return directories.flatMap((directory) =>
    directory === undefined || directory === '' ? [] : [resolve(directory, 'axd.sock')],
  )
}
