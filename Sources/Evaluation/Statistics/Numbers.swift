import Foundation

// How numbers are written, one function for each purpose: every file, table, page and message takes its digits from here.

/// A number in six significant digits, the same bytes on every machine: for plot data, CSV files and exact tables.
package func short(_ value: Double) -> String {
  guard value.isFinite else { return value.isNaN ? "NaN" : value < 0 ? "-Infinity" : "Infinity" }
  return significant(value == 0 ? 0 : value, digits: 6)
}

/// A number for a reader of a page: about three significant digits, without an exponent below a million.
package func readable(_ value: Double) -> String {
  guard value.isFinite else { return "–" }
  let size = abs(value)
  if size >= 1e6 { return scientific(value, decimals: 2) }
  return fixed(value, decimals: size >= 100 ? 0 : size >= 10 ? 1 : 2)
}

/// A number within a sentence or a progress line: three significant digits.
package func brief(_ value: Double) -> String { significant(value, digits: 3) }

/// A number of a page whose sizes differ by powers of ten: three significant digits, a true minus sign, thousands in full.
package func typeset(_ value: Double?) -> String {
  guard let value, value.isFinite else { return "–" }
  let isLong = 1000..<1_000_000 ~= abs(value)
  return (isLong ? fixed(value, decimals: 0) : brief(value)).replacing("-", with: "−")
}

/// A value in five significant digits, far below its interval, so that a summary stays small.
package func rounded(_ value: Double) -> Double { Double(significant(value, digits: 5)) ?? value }

/// A number with this many significant digits, C's `%g`.
package func significant(_ value: Double, digits: Int) -> String {
  String(format: "%.\(digits)g", value)
}

/// A number with this many decimals, C's `%f`.
package func fixed(_ value: Double, decimals: Int) -> String {
  String(format: "%.\(decimals)f", value)
}

/// A number as a power of ten with this many decimals, C's `%e`: for errors and tolerances.
package func scientific(_ value: Double, decimals: Int) -> String {
  String(format: "%.\(decimals)e", value)
}
