/**
 * Jest reporter: names each skipped test, then ends the run with one plain line that CI reads.
 * A test file that fails to load counts as one failure.
 */
export default class SummaryReporter {
  onRunComplete(_contexts, results) {
    for (const file of results.testResults) {
      for (const test of file.testResults) {
        if (test.status === "pending" || test.status === "todo")
          process.stdout.write(`SKIPPED: ${test.fullName} (${file.testFilePath})\n`);
      }
    }
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const skipped = results.numPendingTests + results.numTodoTests;
    process.stdout.write(
      `${results.numPassedTests} passed, ${failed} failed, ${skipped} skipped\n`,
    );
  }
}
