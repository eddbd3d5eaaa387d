import Foundation

/// A number in six significant digits, the same bytes on every machine; for tables and plot data.
func short(_ value: Double) -> String {
  guard value.isFinite else { return value.isNaN ? "NaN" : value < 0 ? "-Infinity" : "Infinity" }
  return String(format: "%.6g", value == 0 ? 0 : value)
}

/// A number for a reader: three significant digits, without an exponent where that is legible.
func readable(_ value: Double) -> String {
  guard value.isFinite else { return "–" }
  let size = abs(value)
  if size >= 1e6 { return String(format: "%.2e", value) }
  return String(format: size >= 100 ? "%.0f" : size >= 10 ? "%.1f" : "%.2f", value)
}
