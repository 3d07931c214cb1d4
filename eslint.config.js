import tseslint from 'typescript-eslint'

/** Floors 0 to 4 know no sockets, clocks or randomness of their own (ARCHITECTURE.md, "Rooms and floors"). */
const pureRooms = [
  ...['base', 'codec', 'keys', 'files', 'claims', 'sealing', 'channel', 'settings', 'team'],
  ...['access', 'operations', 'store'],
]

const noBareErrors = {
  selector: 'ThrowStatement > NewExpression[callee.name=/^(Error|TypeError|RangeError)$/]',
  message: "Throw fail('ERR_…', data) or bug('…') of base: a code is a promise, a bare Error is none.",
}
const noRawKeys = {
  selector: 'ImportSpecifier[imported.name="privateKeyFromRaw"], MemberExpression[property.name="privateKeyFromRaw"]',
  message: 'privateKeyFromRaw silently makes a secp256k1 key of a 32-byte seed.',
}
const noDefaultExports = { selector: 'ExportDefaultDeclaration', message: 'Export by name.' }
const noEnums = {
  selector: 'TSEnumDeclaration, TSModuleDeclaration[kind="namespace"]',
  message: 'No enums or namespaces.',
}
const noBareStreams = {
  selector: 'ImportSpecifier[imported.name="lpStream"]',
  message: 'A bare lpStream throws what is no Error and buffers without bound: use FrameStream of host.',
}
const noNewDate = {
  selector: 'NewExpression[callee.name="Date"][arguments.length=0]',
  message: 'Time comes through Clock of base on this floor.',
}
const noDirectTime = ['Date.now', 'Math.random', 'performance.now'].map((name) => {
  const [object, property] = name.split('.')
  return { object, property, message: 'Time and randomness come through Clock and Randomness of base on this floor.' }
})
const noLocale = { property: 'localeCompare', message: 'Sorts by the machine, not by the bytes: use compareBytes.' }
const timers = ['setTimeout', 'setInterval', 'setImmediate', 'fetch', 'process', 'crypto']

const everywhere = [noBareErrors, noRawKeys, noDefaultExports, noEnums]

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', '.cache/', 'coverage/'] },
  {
    files: ['src/**/*.ts', 'test/**/*.ts', 'bench/**/*.ts', 'examples/**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // `return finish()` in a function that returns nothing says in one line that this is the end.
      '@typescript-eslint/no-confusing-void-expression': 'off',
      // Interfaces ask for promises that an implementation in memory has no reason to wait in.
      '@typescript-eslint/require-await': 'off',
      // A text is spread into code points where it is printed column by column; that is meant.
      '@typescript-eslint/no-misused-spread': ['error', { allow: [{ from: 'lib', name: 'string' }] }],
      eqeqeq: 'error',
      'no-var': 'error',
      'prefer-const': 'error',
      'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
      'no-restricted-syntax': ['error', ...everywhere, noBareStreams],
    },
  },
  {
    files: pureRooms.map((room) => `src/${room}/**/*.ts`),
    rules: {
      'no-restricted-properties': ['error', ...noDirectTime, noLocale],
      'no-restricted-syntax': ['error', ...everywhere, noBareStreams, noNewDate],
      'no-restricted-globals': ['error', ...timers],
      '@typescript-eslint/no-restricted-imports': [
        'error',
        { paths: ['net', 'dgram', 'tls', 'http', 'timers', 'process'].map((name) => ({ name: `node:${name}` })) },
      ],
    },
  },
  // files watches what people edit, and keys lets a password hash breathe: both need timers of the platform.
  {
    files: ['src/files/**/*.ts', 'src/keys/**/*.ts'],
    rules: { 'no-restricted-globals': ['error', 'fetch', 'crypto'] },
  },
  {
    files: ['src/host/**/*.ts'],
    rules: { 'no-restricted-syntax': ['error', ...everywhere] },
  },
  // The types of Node 20 promise what Node 20 does not have; this file is why nobody else must care.
  {
    files: ['src/promise-with-resolvers.ts'],
    rules: { '@typescript-eslint/no-unnecessary-condition': 'off', '@typescript-eslint/unbound-method': 'off' },
  },
  {
    files: ['test/**/*.ts', 'bench/**/*.ts', 'examples/**/*.ts', 'vitest.config.ts'],
    rules: {
      // A describe block is a list of tests, not a function to be understood at once.
      'max-lines-per-function': 'off',
      'no-restricted-syntax': ['error', noRawKeys],
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      '@typescript-eslint/use-unknown-in-catch-callback-variable': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
)
