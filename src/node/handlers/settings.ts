import type { Handlers, NodeParts } from '../parts.ts'

type SettingsOperation =
  'settings.get' | 'settings.set' | 'settings.unset' | 'settings.import' | 'settings.schema' | 'settings.scopes'

/** `ax settings …`. */
export function settingsHandlers(parts: NodeParts): Handlers<SettingsOperation> {
  const { settings } = parts
  return {
    'settings.get': ({ scope, defaults }) => settings.read(scope, defaults),
    'settings.set': ({ scope, value, typed, dryRun, force }, { caller }) =>
      settings.change(
        { kind: 'set', scope, value, ...(typed === undefined ? {} : { typed }) },
        { dryRun, force },
        caller,
      ),
    'settings.unset': ({ scope, dryRun, force }, { caller }) =>
      settings.change({ kind: 'unset', scope }, { dryRun, force }, caller),
    'settings.import': ({ text, dryRun, force }, { caller }) =>
      settings.change({ kind: 'import', text }, { dryRun, force }, caller),
    'settings.schema': ({ scope }) => settings.schema(scope ?? '.'),
    'settings.scopes': () => ({ scopes: settings.scopes() }),
  }
}
