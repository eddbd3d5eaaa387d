/// Every pair is ranked, and the margin still grows: no finite margin is the optimum.
struct DeterministicLabelsRule: DiagnosticRule {
  let symptom = GallerySymptom.deterministicLabels
  /// The loss below which sampled labels would have to be noiseless, in nats.
  static let leastLoss = 0.2

  func evidence(in history: MetricsHistory) -> Evidence? {
    guard let accuracy = history.lastQuarter("rewards/accuracies"), accuracy.value > 0.95,
      let loss = history.lastQuarter("loss"), loss.value < Self.leastLoss
    else { return nil }
    return Evidence(
      "loss", loss, "below \(Self.leastLoss) with rewards/accuracies \(brief(accuracy.value))")
  }
}

/// The margin grows because the rejected completions fall faster than the chosen ones.
struct ChosenFallingRule: DiagnosticRule {
  let symptom = GallerySymptom.chosenFalling
  /// How far the chosen log-probability may fall over a training, as a share of where it began.
  static let largestFall = 0.7

  func evidence(in history: MetricsHistory) -> Evidence? {
    let metric = "logps/chosen"
    guard let first = history.points(metric).first, let end = history.lastQuarter(metric),
      let margin = history.lastQuarter("rewards/margins"), margin.value > 0,
      first.value - end.value > Self.largestFall * abs(first.value)
    else { return nil }
    return Evidence(
      metric, end,
      "it began at \(brief(first.value)), while rewards/margins grew to \(brief(margin.value))")
  }
}
