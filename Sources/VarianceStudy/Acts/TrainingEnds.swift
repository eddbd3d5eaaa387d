import Evaluation
package import ExactTheory
import Reports
import TensorKernels
import Workbench

/// Where trainings end on the way to the optimum, and what no baseline costs there.
///
/// The path law is a limit. This says how far from it a training stops: 1 − t of the policy on the
/// annealing path of the same task that has as much KL(q_t‖π*) left.
package struct TrainingEnds: Codable, Sendable {
  /// A place on the annealing path.
  package struct Place: Codable, Sendable {
    /// The arm that ends there, or what the place is.
    package var name: String
    /// E_x KL(q_t‖π*) in nats, on the task's own references.
    package var suboptimality: Double
    /// u = 1 − t.
    package var remaining: Double
    /// trCov of no baseline over that of the soft value, on each made-up prompt of the first act.
    package var noiseRatios: [Double]
  }

  /// The end of the slopes' fit, the end of each arm without an offset, and the reference.
  package var places: [Place]

  /// Places on the paths of some references; none where no completions can be listed.
  init(_ path: TaskPath, training: TrainingAct, instances: [VarianceInstance]) {
    let ends = training.arms.filter { $0.offset == 0 }.compactMap { arm in
      path.remaining(atSuboptimality: arm.suboptimality.mean).map { (arm.name, $0) }
    }
    let fit = ExactAct.fitted.last ?? .nan
    let named: [(String, Double)] =
      path.goals.isEmpty ? [] : [("end of the fit", fit)] + ends + [("reference", 1)]
    places = named.map { name, remaining in
      Place(
        name: name, suboptimality: rounded(path.suboptimality(atRemaining: remaining)),
        remaining: rounded(remaining),
        noiseRatios: instances.map { rounded($0.noiseWithoutBaseline(at: 1 - remaining)) })
    }
  }

  /// The smallest 1 − t at which an arm ends; nil without arms.
  var nearest: Double? { places.dropFirst().dropLast().map(\.remaining).min() }

  /// The place with a name.
  func place(of name: String) -> Place? { places.first { $0.name == name } }
}

/// The annealing paths q_t ∝ p·exp(t·r/β) of a task, from the references of some seeds.
package struct TaskPath {
  let goals: [EnumeratedObjectives]

  /// The paths of the objectives of some seeds; without any there is no place on them.
  package init(goals: [EnumeratedObjectives]) { self.goals = goals }

  /// E_x KL(q_t‖π*) in nats at u = 1 − t, mean over the references.
  ///
  /// It falls all the way: its derivative in t is −(1 − t)·Var_{q_t}[r]/β².
  package func suboptimality(atRemaining u: Double) -> Double {
    mean(
      of: goals.map { goal in
        let distances = goal.objectives.map { objective in
          objective.suboptimality(
            of: AnnealingPath(objective: objective).logProbabilities(at: 1 - u))
        }
        return weightedSum(distances, goal.frequencies)
      })
  }

  /// The place u that is so many nats from the optimum; nil where the reference is nearer.
  package func remaining(atSuboptimality nats: Double) -> Double? {
    guard !goals.isEmpty, nats > 0, nats <= suboptimality(atRemaining: 1) else { return nil }
    var (low, high) = (0.0, 1.0)
    for _ in 0..<60 {
      let middle = (low + high) / 2
      if suboptimality(atRemaining: middle) < nats { low = middle } else { high = middle }
    }
    return (low + high) / 2
  }
}

extension SeedWork {
  /// The objectives of the seed's evaluation prompts; nil where completions cannot be listed.
  func goal() throws -> EnumeratedObjectives? { try ArmInputs(self).evaluator?.goal }
}

extension VarianceInstance {
  /// trCov of no baseline over that of the soft value at q_t.
  func noiseWithoutBaseline(at t: Double) -> Double {
    let gradient = gradient(at: t)
    return gradient.covarianceTrace(of: .none) / gradient.covarianceTrace(of: .softValue)
  }
}
