import Foundation
import TensorKernels

/// One bar of a reliability diagram.
public struct CalibrationBin: Codable, Equatable, Sendable {
  /// The lowest confidence of the bin.
  public var lower: Double
  /// The confidence at which the next bin begins; the last bin includes it.
  public var upper: Double
  /// Pairs in the bin.
  public var count: Int
  /// Their mean confidence; 0 in an empty bin.
  public var confidence: Double
  /// The share of them that the model orders as the annotator did; a tie is half right.
  public var accuracy: Double
}

/// A reliability diagram of margins, Guo (2017), section 2.
///
/// A pair's confidence is σ(|margin|), the probability that the model gives to its own order, so
/// the diagram starts at ½ and does not depend on which completion is called first.
///
/// - Parameters:
///   - margins: Reward of the chosen less that of the rejected completion, a value a pair.
///   - bins: Bins of equal width between ½ and 1.
/// - Returns: The bars from ½ to 1, empty ones included.
public func calibrationBins(margins: [Double], bins: Int = 10) -> [CalibrationBin] {
  precondition(bins > 0, "\(bins) bins")
  let width = 0.5 / Double(bins)
  let confidences = margins.map { 1 / (1 + exp(-abs($0))) }
  return (0..<bins).map { bin in
    let members = margins.indices.filter {
      min(Int((confidences[$0] - 0.5) / width), bins - 1) == bin
    }
    return CalibrationBin(
      lower: 0.5 + width * Double(bin), upper: 0.5 + width * Double(bin + 1), count: members.count,
      confidence: mean(of: members.map { confidences[$0] }, ofNone: 0),
      accuracy: mean(of: members.map { shareRight(margins[$0]) }, ofNone: 0))
  }
}

/// Expected calibration error, Guo (2017), equation 3: Σ over bins of count/n·|accuracy − confidence|.
public func expectedCalibrationError(_ bins: [CalibrationBin]) -> Double {
  let total = bins.reduce(0) { $0 + $1.count }
  guard total > 0 else { return 0 }
  return bins.reduce(0) { $0 + Double($1.count) * abs($1.accuracy - $1.confidence) } / Double(total)
}

/// 1 where the model agrees with the annotator, ½ at a tie, 0 else.
func shareRight(_ margin: Double) -> Double {
  margin > 0 ? 1 : margin == 0 ? 0.5 : 0
}
