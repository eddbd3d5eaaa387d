import Testing
import Training

@Suite struct MetricKeyTests {
  @Test func logsKeepTheNamesOfTRL() {
    #expect(
      named([.loss: 1, .gradientNorm: 2, .approximateKL: 3, .covarianceTrace: 4])
        == ["loss": 1, "grad_norm": 2, "policy/approxkl_avg": 3, "noise/covariance_trace": 4])
  }

  @Test func logsAreReadAndWrittenByKey() {
    var log = ["loss": 0.5]
    #expect(log[.loss] == 0.5 && log[.entropy] == nil)
    log[.entropy] = 2
    #expect(log == ["loss": 0.5, "entropy": 2])
    log[.loss] = nil
    #expect(log == ["entropy": 2])
  }

  @Test func keysAreOrderedAndPrintedByName() {
    #expect(
      [MetricKey("b"), MetricKey("a/c"), MetricKey("a")].sorted().map(\.rawValue) == [
        "a", "a/c", "b",
      ])
    #expect("\(MetricKey.heldOutRewardAccuracy)" == "eval/rewards/accuracies")
  }
}
