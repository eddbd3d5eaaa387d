import Testing

@Suite struct RewardCurveFigureTests {
  @Test func stepsArePercentOfTheRunAndSeedsAreAveraged() async throws {
    let series = try await HandResults.series(of: "gold-by-step")
    #expect(series.count == 2)  // Best-of-n has no steps.
    #expect(agree(series[0], [point(0, 1, 1), point(50, 2, 4), point(100, 3, 5)]))
    #expect(agree(series[1], [bare(0, 1), bare(50, 3), bare(100, 4)]))
  }

  @Test func floatingPointOperationsAreInBillions() async throws {
    let series = try await HandResults.series(of: "gold-by-flops")
    #expect(series.count == 2)
    #expect(agree(series[0], [point(0, 1, 1), point(2, 2, 4), point(3, 3, 5)]))
    #expect(agree(series[1], [bare(0, 1), bare(0.5, 3), bare(1, 4)]))
  }

  // Of both seeds PPO was measured near 1⅓ to 1½ and 2 to 3 nats, where the nearer end is; DPO near ¼ to ¾.
  @Test func divergencesShowTheMeanWhereSeedsWereMeasuredAndTheEnds() async throws {
    let series = try await HandResults.series(of: "gold-by-kl")
    #expect(series.count == 5)
    let places = [0, 1.375, 1.5] + (0...8).map { 2 + 0.125 * Double($0) }
    #expect(series[0].map { $0[0] } == places)
    #expect(agree([series[0][0], series[0][3]], [point(0, 1, 1), point(2, 2.5, 4)]))
    #expect(agree([series[0][11]], [point(3, 3, 4 + 1.0 / 3)]))
    #expect(agree(series[1], [point(4, 3, 5)]))
    #expect(series[2].count == 14 && agree([series[2][13]], [point(0.75, 3.5, 3 + 1.0 / 6)]))
    #expect(agree(series[3], [bare(1.5, 4)]))
    // One mark an n of best-of-n, the reference before it.
    #expect(agree(series[4], [bare(0, 1), point(0, 2, 3), bare(0.5, 6)]))
  }

  // J of SFT, PPO, DPO and best-of-n: 1, then 2.25 and 3.75, 3.75 and 3.5, 5.875.
  @Test func objectivesStandSideBySide() async throws {
    let series = try await HandResults.series(of: "objective")
    #expect(series.count == 4 && agree(series[0], [bare(0, 1)]))
    #expect(agree(series[1], [point(1, 2.25, 3.75)]) && agree(series[2], [point(2, 3.75, 3.5)]))
    #expect(agree(series[3], [bare(3, 5.875)]))
    let program = try await HandResults.text("objective.gp")
    #expect(program.contains("\"SFT\" 0, \"PPO\" 1, \"DPO\" 2, \"best-of-n (≥)\" 3"))
  }

  @Test func proxyIsReadUnderItsOwnName() async throws {
    let series = try await HandResults.series(of: "proxy-by-step")
    // Gold less the seed: 0 and −1, then 1 and 2, then 2 and 3.
    #expect(agree(series[0], [point(0, 0, -1), point(50, 1, 2), point(100, 2, 3)]))
  }

  @Test func pathsAreBandsAndEndsAreBars() async throws {
    let program = try await HandResults.text("gold-by-kl.gp")
    #expect(!program.contains("with lines lw 0.6"))
    for (index, style) in [(0, "filledcurves"), (2, "filledcurves")] {
      let columns = [2, 4, 5].map { "($1==\(index)?$\($0):1/0)" }.joined(separator: ":")
      #expect(program.contains("data using \(columns) skip 1 with \(style)"))
    }
    for index in [1, 3, 4] {
      let columns = [2, 3, 4, 5].map { "($1==\(index)?$\($0):1/0)" }.joined(separator: ":")
      #expect(program.contains("data using \(columns) skip 1 with yerrorbars"))
    }
    // Readable at half the width: larger letters, and the legend inside.
    #expect(program.contains("font \"Helvetica,19\"") && program.contains("set key inside"))
    #expect(try await HandResults.text("gold-by-step.gp").contains("font \"Helvetica,12\""))
  }
}

@Suite struct FinalFigureTests {
  // Four groups stand 0.7/4 apart around each term: SFT, PPO, DPO, best-of-n.
  @Test func termsOfTheGoldStandSideBySide() async throws {
    let series = try await HandResults.series(of: "gold-terms")
    let shifts = [-0.2625, -0.0875, 0.0875, 0.2625]
    let coverage = [(0.5, 0.5), (1.5, 2.5), (2, 2), (3, 3)]
    #expect(series.count == 4)
    for (group, shift) in shifts.enumerated() {
      let expected = [
        point(shift, coverage[group].0, coverage[group].1), bare(1 + shift, -1),
      ]
      #expect(agree(series[group], expected), "group \(group): \(series[group])")
    }
    let program = try await HandResults.text("gold-terms.gp")
    #expect(program.contains("set xtics (\"coverage\" 0, \"length\" 1)\nset xrange [-0.6:1.6]"))
  }

  @Test func calibrationLeavesSmallBinsOut() async throws {
    let series = try await HandResults.series(of: "reward-calibration")
    #expect(agree(series[0], [bare(0, 0), bare(1, 1)]))
    #expect(agree(series[1], [bare(0.75, 0.6), bare(0.75, 0.7)]))
  }

  // The finals are PPO 3 and 5, DPO 4 and 4, best-of-n 6 and 6; the thresholds run from 2.85 to 6.15.
  @Test func profileIsTheShareOfSeedsAboveEachThreshold() async throws {
    let series = try await HandResults.series(of: "performance-profile")
    let finals: [[Double]] = [[3, 5], [4, 4], [6, 6]]
    #expect(series.count == 3)
    for (points, values) in zip(series, finals) {
      #expect(points.count == 81)
      #expect(abs(points[0][0] - 2.85) < 1e-6 && abs(points[80][0] - 6.15) < 1e-6)
      for point in points where values.allSatisfy({ abs($0 - point[0]) > 1e-3 }) {
        let share = Double(values.count { $0 > point[0] }) / 2
        #expect(point[1] == share, "at \(point[0])")
        // Two runs on different sides of τ are resampled to none, one or both.
        #expect(Array(point[2...]) == (share == 0.5 ? [0, 1] : [share, share]))
      }
    }
  }
}

@Suite struct DiagnosticFigureTests {
  @Test func lossOfEachStepIsAveragedOverTheSeedsThatHaveOne() async throws {
    let series = try await HandResults.series(of: "sft-loss")
    #expect(series.count == 1)
    #expect(agree(series[0], [bare(0, 4), point(1, 2, 3), bare(2, 1)]))
  }

  // 120 rows are 60 stretches of two: seed s has step + 2·s, so a stretch from 2k on has the means
  // 2k + 2.5 and 2k + 4.5.
  @Test func longTrainingsAreAveragedWithinSixtyStretches() async throws {
    let series = try await HandResults.series(of: "dpo-rewards")
    #expect(series.count == 2)  // No margins were logged.
    let expected = (0..<60).map { stretch -> [Double] in
      let start = Double(2 * stretch)
      return point(start, start + 2.5, start + 4.5)
    }
    #expect(agree(series[0], expected))
    #expect(agree(series[1], (0..<60).map { bare(Double(2 * $0), -1) }))
  }

  @Test func gradientNormsOfBothMethodsShareAFigure() async throws {
    let series = try await HandResults.series(of: "gradient-norm")
    #expect(series.count == 2)
    #expect(series.allSatisfy { agree($0, (0..<60).map { point(Double(2 * $0), 1, 2) }) })
    let program = try await HandResults.text("gradient-norm.gp")
    #expect(program.contains("lc rgb \"#0072B2\" title \"PPO\""))
    #expect(program.contains("lc rgb \"#D55E00\" title \"DPO\""))
  }

  @Test func figuresOfWhatWasNotLoggedAreNotMade() async throws {
    for name in ["reward-loss", "reward-accuracy", "ppo-clipfrac", "ppo-value"] {
      #expect(try await !HandResults.exists("\(name).csv"), "\(name)")
    }
    for name in ["ppo-kl", "dpo-loss", "gold-by-kl"] {
      #expect(try await HandResults.exists("\(name).gp"), "\(name)")
    }
  }
}
