'use strict'
/**
 * `npm test`: installs and builds what is missing, then type check, lint with the floors, and all tests.
 * With arguments (`npm test -- test/unit/codec`) only the tests they name. The last line counts the tests.
 */
const fs = require('node:fs')
const path = require('node:path')
const { prepare, root, runTool } = require('./prepare.cjs')

const report = path.join(root, '.cache', 'tests.json')

function main() {
  const chosen = process.argv.slice(2)
  prepare()
  const failures = chosen.length === 0 ? checkHouse() : []
  if (!fs.existsSync(path.join(root, 'dist', 'index.js'))) buildLibrary()
  const status = runTests(chosen)
  const counts = countTests()
  if (status !== 0 && counts.failed === 0) failures.push('the test run')
  for (const name of failures) console.error(`${name} failed`)
  console.log(`${counts.passed} passed, ${counts.failed + failures.length} failed, ${counts.skipped} skipped`)
  process.exitCode = failures.length === 0 && status === 0 ? 0 : 1
}

/** Type check and lint; names of what failed. */
function checkHouse() {
  const { lint } = require('./lint.cjs')
  const failures = []
  if (!step('type check', () => runTool('typescript', ['-p', '.']) === 0)) failures.push('type check')
  if (!step('library', buildLibrary)) failures.push('library')
  if (!step('lint, floors, format', lint)) failures.push('lint')
  return failures
}

/** The examples, which are tests too, use the library as others do. */
function buildLibrary() {
  return runTool('typescript', ['-p', 'tsconfig.build.json']) === 0
}

function step(name, work) {
  const start = Date.now()
  const passed = work()
  console.log(`${passed ? 'ok  ' : 'FAIL'} ${name} (${((Date.now() - start) / 1000).toFixed(1)} s)`)
  return passed
}

function runTests(chosen) {
  fs.rmSync(report, { force: true })
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
  return runTool('vitest', ['run', ...reporters, ...chosen])
}

/** What the tests' own report says, with a line for everything skipped. */
function countTests() {
  if (!fs.existsSync(report)) return { passed: 0, failed: 1, skipped: 0 }
  const results = JSON.parse(fs.readFileSync(report, 'utf8'))
  for (const { assertionResults } of results.testResults) {
    for (const { status, fullName } of assertionResults) {
      if (status === 'pending' || status === 'skipped') console.log(`skipped: ${fullName}`)
    }
  }
  return { passed: results.numPassedTests, failed: results.numFailedTests, skipped: results.numPendingTests }
}

main()
