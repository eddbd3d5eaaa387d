import Evaluation
import Testing

@Suite struct NumbersTests {
  // As C's %.6g prints them; no minus before a zero.
  @Test(arguments: [
    (1.0 / 3, "0.333333"), (1_234_567.0, "1.23457e+06"), (-0.0, "0"), (Double.nan, "NaN"),
    (.infinity, "Infinity"), (-.infinity, "-Infinity"),
  ])
  func shortHasSixDigits(value: Double, text: String) { #expect(short(value) == text) }

  @Test(arguments: [
    (0.126, "0.13"), (9.996, "10.00"), (12.34, "12.3"), (123.4, "123"), (999_999.0, "999999"),
    (1_234_567.0, "1.23e+06"), (-3.14159, "-3.14"), (Double.nan, "–"), (.infinity, "–"),
  ])
  func readableHasAboutThree(value: Double, text: String) { #expect(readable(value) == text) }

  @Test(arguments: [
    (0.012345, "0.0123"), (-0.5, "−0.5"), (1234.5, "1234"), (123_456.0, "123456"),
    (1e-7, "1e−07"), (2e6, "2e+06"),
  ])
  func typesetHasATrueMinus(value: Double, text: String) { #expect(typeset(value) == text) }

  @Test func typesetHasADashForWhatIsMissing() {
    #expect(typeset(nil) == "–" && typeset(.nan) == "–")
  }

  @Test(arguments: [(1.0 / 3, 0.33333), (123_456.0, 123_460.0), (-2.000_004, -2.0)])
  func roundedKeepsFiveDigits(value: Double, expected: Double) {
    #expect(rounded(value) == expected)
  }

  @Test func roundedKeepsWhatIsNotFinite() {
    #expect(rounded(.nan).isNaN && rounded(.infinity) == .infinity)
  }

  @Test func digitsAreThoseAskedFor() {
    #expect(brief(0.123456) == "0.123" && brief(1234) == "1.23e+03")
    #expect(
      significant(0.1 + 0.2, digits: 15) == "0.3" && significant(2.0 / 3, digits: 2) == "0.67")
    #expect(fixed(2.0 / 3, decimals: 3) == "0.667" && scientific(1234, decimals: 1) == "1.2e+03")
  }
}
