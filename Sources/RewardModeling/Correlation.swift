import TensorKernels

/// Pearson's correlation of two lists; 0 where either does not vary.
///
///     Σ (aᵢ − ā)(bᵢ − b̄) / √(Σ (aᵢ − ā)² · Σ (bᵢ − b̄)²)
public func pearsonCorrelation(_ a: [Double], _ b: [Double]) -> Double {
  let (meanA, meanB) = (mean(of: a), mean(of: b))
  return cosine(a.map { $0 - meanA }, b.map { $0 - meanB })
}

/// Spearman's rank correlation: Pearson's of the ranks, where equal values share their mean rank.
public func spearmanCorrelation(_ a: [Double], _ b: [Double]) -> Double {
  pearsonCorrelation(ranks(of: a), ranks(of: b))
}

/// The cosine of the angle between two lists; 0 where either is zero.
func cosine(_ a: [Double], _ b: [Double]) -> Double {
  precondition(a.count == b.count, "\(a.count) and \(b.count) values")
  let product = zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
  let lengths = (a.reduce(0) { $0 + $1 * $1 } * b.reduce(0) { $0 + $1 * $1 }).squareRoot()
  return lengths > 0 ? product / lengths : 0
}

/// The rank of each value, from 1; equal values share the mean of their ranks.
func ranks(of values: [Double]) -> [Double] {
  let order = values.indices.sorted { (values[$0], $0) < (values[$1], $1) }
  var ranks = [Double](repeating: 0, count: values.count)
  var first = 0
  while first < order.count {
    let equal = order[first...].prefix { values[$0] == values[order[first]] }
    let rank = Double(equal.startIndex + equal.endIndex + 1) / 2
    for index in equal { ranks[index] = rank }
    first = equal.endIndex
  }
  return ranks
}
