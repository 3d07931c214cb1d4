/**
 * The settings tree: one table of paths with types, defaults and help; reading and printing YAML; get, set, unset and
 * import by scope, also under the seed's name `com.actyx.os`; authorized keys and source ranges, which stand in it.
 * Pure: text and facts in, a plan out. It refuses to know where the tree is stored and who may change it.
 *
 * @example
 * const tree = parseSettings(text, { keys })
 * const plan = planChange(tree, { kind: 'set', scope: 'log/level', value: 'WARN' }, { keys, secrets: new Map() })
 * await store(printSettings(plan.tree))
 */
export {
  authorizedKeyEntry,
  parseAuthorizedKey,
  parseAuthorizedKeyLine,
  readAdminKey,
  type AuthorizedKey,
  type AuthorizedKeyEntry,
  type AuthorizedKeyOptions,
  type PointCheck,
} from './authorized-key.ts'
export { planChange, type ChangeFacts, type ChangePlan, type SettingsChange } from './change.ts'
export { readAuthorizedKeys, type CheckFacts } from './checks.ts'
export { cidrHolds, isLoopback, parseCidr, type Cidr } from './cidr.ts'
export { settingRows, type SettingRow, type SettingValue } from './schema.ts'
export { isSecretScope, parseScope } from './scope.ts'
export {
  listScopes,
  parseSettings,
  printSettings,
  readScope,
  readSettings,
  scopeSchema,
  type Settings,
} from './settings.ts'
export { type PathChange, type SecretTexts, type SettingsTree } from './tree.ts'
export { parseYaml, printYaml } from './yaml-text.ts'
