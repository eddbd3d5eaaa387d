import Foundation

/// The golden fixture: three completions, p = (1/2, 1/3, 1/6), r = (0, 1, 3), β = 1.
///
/// Its expected values were derived apart from this code, in NumPy with float64.
package enum GoldenFixture {
  package static let logReference = [0.5, 1.0 / 3, 1.0 / 6].map { log($0) }
  package static let rewards = [0.0, 1, 3]
  package static let logOther = [0.2, 0.3, 0.5].map { log($0) }
  package static let partition = 4.75368343001763
  package static let softValue = 1.55891977648468
  package static let optimum = [0.105181593886269, 0.190608810232936, 0.704209595880795]
}
