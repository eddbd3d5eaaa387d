# Draws gold-by-kl.svg and gold-by-kl.png from gold-by-kl.csv:  gnuplot gold-by-kl.gp
set datafile separator ","
set title "Gold reward against KL" font ",13"
set xlabel "sequence KL(π‖π\\_ref), nats"
set ylabel "gold reward"
set border 3 lc rgb "#666666"
set tics nomirror out
set grid lc rgb "#e4e4e4" lw 1
set key outside right top vertical Left reverse samplen 2
set style fill transparent solid 0.18 noborder
set xtics auto
data = "gold-by-kl.csv"
set terminal svg size 760,420 font "Helvetica,12" name "gold_by_kl" background rgb "white"
set output "gold-by-kl.svg"
plot data using ($1==0?$2:1/0):($1==0?$3:1/0) skip 1 with lines lw 0.6 lc rgb "#0072B2" notitle, \
  data using ($1==1?$2:1/0):($1==1?$3:1/0) skip 1 with lines lw 0.6 lc rgb "#0072B2" notitle, \
  data using ($1==2?$2:1/0):($1==2?$3:1/0) skip 1 with lines lw 0.6 lc rgb "#0072B2" notitle, \
  data using ($1==3?$2:1/0):($1==3?$3:1/0):($1==3?$4:1/0):($1==3?$5:1/0) skip 1 with yerrorlines lw 2 pt 7 ps 0.5 lc rgb "#0072B2" title "PPO", \
  data using ($1==4?$2:1/0):($1==4?$3:1/0) skip 1 with lines lw 0.6 lc rgb "#56B4E9" notitle, \
  data using ($1==5?$2:1/0):($1==5?$3:1/0) skip 1 with lines lw 0.6 lc rgb "#56B4E9" notitle, \
  data using ($1==6?$2:1/0):($1==6?$3:1/0) skip 1 with lines lw 0.6 lc rgb "#56B4E9" notitle, \
  data using ($1==7?$2:1/0):($1==7?$3:1/0):($1==7?$4:1/0):($1==7?$5:1/0) skip 1 with yerrorlines lw 2 pt 7 ps 0.5 lc rgb "#56B4E9" title "PPO-GT", \
  data using ($1==8?$2:1/0):($1==8?$3:1/0) skip 1 with lines lw 0.6 lc rgb "#D55E00" notitle, \
  data using ($1==9?$2:1/0):($1==9?$3:1/0) skip 1 with lines lw 0.6 lc rgb "#D55E00" notitle, \
  data using ($1==10?$2:1/0):($1==10?$3:1/0) skip 1 with lines lw 0.6 lc rgb "#D55E00" notitle, \
  data using ($1==11?$2:1/0):($1==11?$3:1/0):($1==11?$4:1/0):($1==11?$5:1/0) skip 1 with yerrorlines lw 2 pt 7 ps 0.5 lc rgb "#D55E00" title "DPO", \
  data using ($1==12?$2:1/0):($1==12?$3:1/0):($1==12?$4:1/0):($1==12?$5:1/0) skip 1 with yerrorbars lw 2 pt 7 ps 0.8 lc rgb "#009E73" title "best-of-n"
set terminal pngcairo size 1140,630 font "Helvetica,15"
set output "gold-by-kl.png"
replot
