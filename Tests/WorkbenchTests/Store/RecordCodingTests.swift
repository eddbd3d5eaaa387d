import Foundation
import Testing
import Workbench

@Suite struct RecordCodingTests {
  @Test func metricsLineIsOneFlatObjectWithSortedKeys() throws {
    let row = MetricsRow(step: 3, values: ["loss": 0.5, "a/b": 2])
    #expect(
      try String(decoding: row.line, as: UTF8.self) == "{\"a/b\":2,\"loss\":0.5,\"step\":3}\n")
  }

  @Test func numbersThatJSONCannotWriteSurviveAsText() throws {
    let row = MetricsRow(step: 0, values: ["a": .nan, "b": .infinity, "c": -.infinity])
    let text = String(decoding: try encodeRecord(row), as: UTF8.self)
    #expect(text.contains("\"NaN\"") && text.contains("\"-Infinity\""))
    let values = try decodeRecord(MetricsRow.self, from: Data(text.utf8)).values
    #expect(values["a"]?.isNaN == true)
    #expect(values["b"] == .infinity)
    #expect(values["c"] == -.infinity)
  }

  @Test func numbersComeBackToTheLastBit() throws {
    let values = [
      "third": 1.0 / 3, "small": Double.leastNonzeroMagnitude, "large": .greatestFiniteMagnitude,
    ]
    let data = try encodeRecord(MetricsRow(step: 1, values: values))
    #expect(try decodeRecord(MetricsRow.self, from: data).values == values)
  }

  @Test(arguments: [(1.0, 1.0, 0.0, true), (1.0, 1.0 + 1e-12, 0.0, false), (0.5, 0.6, 0.2, true)])
  func certificatePassesWithinItsTolerance(
    expected: Double, measured: Double, tolerance: Double, passes: Bool
  ) {
    let check = CertificateCheck(
      name: "x", expected: expected, measured: measured, tolerance: tolerance)
    #expect(check.passed == passes)
  }

  @Test func certificateOfNothingMeasurableFails() {
    #expect(!CertificateCheck(name: "x", expected: 0, measured: .nan, tolerance: 1).passed)
  }
}
